#include "recording.h"

#include <string.h>

void exchange_free(struct exchange *exchange)
{
    g_free(exchange->name);
    g_free(exchange->method);
    g_free(exchange->target);
    g_ptr_array_unref(exchange->headers);
    g_byte_array_unref(exchange->body);
    g_free(exchange);
}

struct text {
    const char *name, *at, *end;
};

/* The next line, without its end; at the end of the text NULL.  @return owned. */
static char *next_line(struct text *text)
{
    if (text->at >= text->end) return NULL;
    const char *end = memchr(text->at, '\n', (size_t)(text->end - text->at));
    if (!end) end = text->end;
    char *line = g_strndup(text->at, (gsize)(end - text->at));
    text->at = end < text->end ? end + 1 : end;
    return line;
}

/* "> GET /webhdfs/v1/?op=X HTTP/1.1" */
static struct exchange *request_line(const char *name, const char *line)
{
    if (!g_str_has_prefix(line, "> ") || !g_str_has_suffix(line, " HTTP/1.1")) return NULL;
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    if (g_strv_length(words) != 4) return NULL;
    struct exchange *exchange = g_new0(struct exchange, 1);
    exchange->name = g_strdup(name);
    exchange->method = g_strdup(words[1]);
    exchange->target = g_strdup(words[2]);
    exchange->headers = g_ptr_array_new_with_free_func(g_free);
    exchange->body = g_byte_array_new();
    return exchange;
}

/* The raw body and the remark behind it: "## body: chunked, 16 bytes; connection: open". */
static void answer_body(struct text *text, struct exchange *exchange)
{
    const char *remark = text->at;
    while (!g_str_has_prefix(remark, "## ") || (remark > text->at && remark[-1] != '\n')) {
        remark = memchr(remark, '\n', (size_t)(text->end - remark));
        if (!remark) g_error("%s: no remark behind the body", text->name);
        remark++;
    }
    const char *body = text->at;
    text->at = remark;
    g_autofree char *line = next_line(text);
    const char *comma = strchr(line, ',');
    guint length = comma ? (guint)g_ascii_strtoull(comma + 1, NULL, 10) : 0;
    if (length + (length > 0) != (gsize)(remark - body))
        g_error("%s: the body is not as long as the remark says", text->name);
    g_byte_array_append(exchange->body, (const guint8 *)body, length);
    exchange->chunked = strstr(line, "chunked") != NULL;
    exchange->closes = strstr(line, "closed by the server") != NULL;
}

/* The head from behind its status line. */
static void answer_head(struct text *text, struct exchange *exchange)
{
    for (;;) {
        g_autofree char *line = next_line(text);
        if (!line) g_error("%s: the head has no end", text->name);
        if (g_str_equal(line, "<")) return;
        if (exchange) g_ptr_array_add(exchange->headers, g_strdup(line + 2));
    }
}

static GPtrArray *parse(struct text text)
{
    GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)exchange_free);
    struct exchange *now = NULL;
    for (;;) {
        g_autofree char *line = next_line(&text);
        if (!line) return all;
        struct exchange *begun = request_line(text.name, line);
        if (begun) g_ptr_array_add(all, now = begun);
        if (!now || !g_str_has_prefix(line, "< HTTP/1.1 ")) continue;
        int status = (int)g_ascii_strtoll(line + strlen("< HTTP/1.1 "), NULL, 10);
        answer_head(&text, status == 100 ? NULL : now);
        now->continues |= status == 100;
        if (status == 100) continue;
        now->status = status;
        answer_body(&text, now);
    }
}

GPtrArray *recording_read(const char *name)
{
    g_autofree char *path = g_strdup_printf("%s/%s.http", KX_FIXTURES, name);
    g_autofree char *bytes = NULL;
    gsize length;
    if (!g_file_get_contents(path, &bytes, &length, NULL)) g_error("no recording %s", name);
    GPtrArray *all = parse((struct text){name, bytes, bytes + length});
    if (all->len == 0) g_error("%s: no exchange", name);
    return all;
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **recording_names(void)
{
    g_autoptr(GDir) folder = g_dir_open(KX_FIXTURES, 0, NULL);
    GPtrArray *names = g_ptr_array_new();
    for (const char *entry; folder && (entry = g_dir_read_name(folder));)
        if (g_str_has_suffix(entry, ".http"))
            g_ptr_array_add(names, g_strndup(entry, strlen(entry) - strlen(".http")));
    g_ptr_array_sort(names, by_name);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

struct exchange *recording_last(const char *name)
{
    g_autoptr(GPtrArray) all = recording_read(name);
    return g_ptr_array_steal_index(all, all->len - 1);
}

GBytes *recording_body(const char *name)
{
    struct exchange *last = recording_last(name);
    GBytes *body = g_bytes_new(last->body->data, last->body->len);
    exchange_free(last);
    return body;
}
