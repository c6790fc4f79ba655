#include "replay.h"

#include <string.h>

#include "recording.h"
#include "server.h"
#include "support.h"

struct step {
    struct exchange *exchange;
    bool cut, used;
};

struct replay {
    struct server *server;
    GMutex mutex; /* guards what is below */
    GArray *steps;
    GPtrArray *tolerated;
    GString *strangers; /* requests that nothing fits */
    GBytes *body;
    unsigned requests;
};

static bool is_tolerated(const struct replay *replay, const char *pair)
{
    for (guint i = 0; i < replay->tolerated->len; i++) {
        const char *name = replay->tolerated->pdata[i];
        if (g_str_has_prefix(pair, name) && pair[strlen(name)] == '=') return true;
    }
    return false;
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of parameters are the same in any case of letters: so do servers take them. */
static void fold_name(char *pair)
{
    for (; *pair && *pair != '='; pair++)
        *pair = g_ascii_tolower(*pair);
}

/* A target in one form: the path and the sorted parameters, decoded.  @return owned. */
static char *normal_form(const struct replay *replay, const char *target)
{
    g_auto(GStrv) halves = g_strsplit(target, "?", 2);
    g_auto(GStrv) pairs = g_strsplit(halves[1] ? halves[1] : "", "&", -1);
    g_autoptr(GPtrArray) kept = g_ptr_array_new();
    for (char **pair = pairs; *pair; pair++) {
        fold_name(*pair);
        if (**pair && !is_tolerated(replay, *pair)) g_ptr_array_add(kept, *pair);
    }
    g_ptr_array_sort(kept, by_text);
    g_autofree char *path = g_uri_unescape_string(halves[0], NULL);
    GString *form = g_string_new(path ? path : halves[0]);
    for (guint i = 0; i < kept->len; i++) {
        g_autofree char *pair = g_uri_unescape_string(kept->pdata[i], NULL);
        g_string_append_printf(form, "\n%s", pair ? pair : (char *)kept->pdata[i]);
    }
    return g_string_free(form, FALSE);
}

/* The first exchange that fits and is left; NULL: none. */
static struct step *find_step(struct replay *replay, const struct request *request)
{
    g_autofree char *asked = normal_form(replay, request->target);
    for (guint i = 0; i < replay->steps->len; i++) {
        struct step *step = &g_array_index(replay->steps, struct step, i);
        if (step->used || !g_str_equal(step->exchange->method, request->method)) continue;
        g_autofree char *recorded = normal_form(replay, step->exchange->target);
        if (g_str_equal(asked, recorded)) return step;
    }
    return NULL;
}

/* A copy of the step that a request takes; its exchange is NULL when nothing fits. */
static struct step take_step(struct replay *replay, const struct request *request)
{
    struct step taken = {0};
    g_mutex_lock(&replay->mutex);
    struct step *step = find_step(replay, request);
    replay->requests++;
    if (step) {
        step->used = true;
        taken = *step;
    } else {
        g_string_append_printf(replay->strangers, "\n  %s %s", request->method, request->target);
    }
    g_mutex_unlock(&replay->mutex);
    return taken;
}

/* "Location: http://localhost:20003/x" -> "Location: http://127.0.0.1:PORT/x" */
static void write_header(GString *out, const char *header, int port)
{
    const char *url = strstr(header, "http://localhost:");
    const char *path = url ? strchr(url + strlen("http://"), '/') : NULL;
    if (path && g_ascii_strncasecmp(header, "location:", strlen("location:")) == 0)
        g_string_append_printf(out, "Location: http://127.0.0.1:%d%s\r\n", port, path);
    else
        g_string_append_printf(out, "%s\r\n", header);
}

static void write_body(GString *out, const struct exchange *exchange)
{
    const char *bytes = (const char *)exchange->body->data;
    guint length = exchange->body->len, half = length / 2;
    if (!exchange->chunked) {
        g_string_append_len(out, bytes, length);
        return;
    }
    guint parts[2][2] = {{0, half}, {half, length - half}};
    for (int i = 0; i < 2; i++) {
        if (parts[i][1] == 0) continue;
        g_string_append_printf(out, "%x\r\n", parts[i][1]);
        g_string_append_len(out, bytes + parts[i][0], parts[i][1]);
        g_string_append(out, "\r\n");
    }
    g_string_append(out, "0\r\n\r\n");
}

static bool send_answer(struct connection *connection, const struct replay *replay,
                        const struct exchange *exchange)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_string_append_printf(out, "HTTP/1.1 %d Recorded\r\n", exchange->status);
    for (guint i = 0; i < exchange->headers->len; i++)
        write_header(out, exchange->headers->pdata[i], server_port(replay->server));
    g_string_append(out, "\r\n");
    write_body(out, exchange);
    return connection_write(connection, out->str, out->len) && !exchange->closes;
}

static void keep_body(struct replay *replay, const struct request *request)
{
    if (request->body->len == 0) return;
    g_mutex_lock(&replay->mutex);
    g_clear_pointer(&replay->body, g_bytes_unref);
    replay->body = g_bytes_new(request->body->data, request->body->len);
    g_mutex_unlock(&replay->mutex);
}

/* @return whether the connection stays open */
static bool serve_one(struct connection *connection, struct replay *replay, struct request *request)
{
    const struct step step = take_step(replay, request);
    if (step.exchange && step.exchange->continues)
        connection_print(connection, "HTTP/1.1 100 Continue\r\n\r\n");
    connection_read_body(connection, request);
    keep_body(replay, request);
    if (!step.exchange) {
        connection_print(connection, "HTTP/1.1 599 Unknown\r\nContent-Length: 0\r\n\r\n");
        return true;
    }
    return !step.cut && send_answer(connection, replay, step.exchange);
}

static void serve(struct connection *connection, void *context)
{
    struct request request;
    for (bool open = true; open && connection_read_head(connection, &request);) {
        open = serve_one(connection, context, &request);
        request_clear(&request);
    }
}

struct replay *replay_new(void)
{
    struct replay *replay = g_new0(struct replay, 1);
    g_mutex_init(&replay->mutex);
    replay->steps = g_array_new(FALSE, TRUE, sizeof(struct step));
    replay->tolerated = g_ptr_array_new_with_free_func(g_free);
    replay->strangers = g_string_new(NULL);
    replay->server = server_new(serve, replay);
    return replay;
}

void replay_free(struct replay *replay)
{
    server_free(replay->server);
    GString *left = g_string_new(NULL);
    for (guint i = 0; i < replay->steps->len; i++) {
        struct step *step = &g_array_index(replay->steps, struct step, i);
        if (!step->used)
            g_string_append_printf(left, "\n  %s %s", step->exchange->method,
                                   step->exchange->target);
        exchange_free(step->exchange);
    }
    g_autofree char *strangers = g_string_free(replay->strangers, FALSE);
    g_autofree char *never = g_string_free(left, FALSE);
    if (replay->body) g_bytes_unref(replay->body);
    g_array_unref(replay->steps);
    g_ptr_array_unref(replay->tolerated);
    g_mutex_clear(&replay->mutex);
    g_free(replay);
    if (*strangers) fail_msg("requests that no exchange fits:%s", strangers);
    if (*never) fail_msg("exchanges that were never asked for:%s", never);
}

int replay_port(const struct replay *replay)
{
    return server_port(replay->server);
}

static void add_step(struct replay *replay, struct exchange *exchange, bool cut)
{
    const struct step step = {.exchange = exchange, .cut = cut};
    g_mutex_lock(&replay->mutex);
    g_array_append_val(replay->steps, step);
    g_mutex_unlock(&replay->mutex);
}

static void load(struct replay *replay, const char *name, bool cut)
{
    g_autoptr(GPtrArray) all = recording_read(name);
    while (all->len > 0) {
        bool last = all->len == 1;
        add_step(replay, g_ptr_array_steal_index(all, 0), cut && last);
    }
}

void replay_load(struct replay *replay, const char *name)
{
    load(replay, name, false);
}

void replay_load_cut(struct replay *replay, const char *name)
{
    load(replay, name, true);
}

void replay_answer(struct replay *replay, const char *method, const char *target, int status,
                   const char *body)
{
    struct exchange *exchange = g_new0(struct exchange, 1);
    exchange->method = g_strdup(method);
    exchange->target = g_strdup(target);
    exchange->status = status;
    exchange->headers = g_ptr_array_new_with_free_func(g_free);
    exchange->body = g_byte_array_new();
    if (body) g_byte_array_append(exchange->body, (const guint8 *)body, (guint)strlen(body));
    g_ptr_array_add(exchange->headers, g_strdup_printf("Content-Length: %u", exchange->body->len));
    add_step(replay, exchange, status == 0);
}

void replay_redirect(struct replay *replay, const char *method, const char *target, const char *to)
{
    replay_answer(replay, method, target, 307, NULL);
    g_mutex_lock(&replay->mutex);
    struct step *last = &g_array_index(replay->steps, struct step, replay->steps->len - 1);
    g_ptr_array_add(last->exchange->headers, g_strdup_printf("Location: http://localhost:1%s", to));
    g_mutex_unlock(&replay->mutex);
}

void replay_tolerate(struct replay *replay, const char *parameter)
{
    g_mutex_lock(&replay->mutex);
    g_ptr_array_add(replay->tolerated, g_strdup(parameter));
    g_mutex_unlock(&replay->mutex);
}

unsigned replay_requests(struct replay *replay)
{
    g_mutex_lock(&replay->mutex);
    unsigned requests = replay->requests;
    g_mutex_unlock(&replay->mutex);
    return requests;
}

GBytes *replay_body(struct replay *replay)
{
    g_mutex_lock(&replay->mutex);
    GBytes *body = replay->body ? g_bytes_ref(replay->body) : g_bytes_new(NULL, 0);
    g_mutex_unlock(&replay->mutex);
    return body;
}
