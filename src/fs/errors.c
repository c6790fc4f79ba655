#include "fs/errors.h"

#include <errno.h>

#include "base/cleanup.h"

struct kept {
    char *path, *line, *asked;
    int code;
    bool noted; /* it is another path's, too: not listed twice */
    int64_t at_ms;
    GList *place; /* in the order; its data is this */
};

struct kx_errors {
    struct kx_log *log;
    const struct kx_clock *clock;
    struct kx_lines *lines;
    GMutex mutex;        /* guards both below */
    GHashTable *by_path; /* path, the kept error's own -> struct kept, owned */
    GQueue order;        /* of struct kept, oldest first */
};

static void kept_free(gpointer data)
{
    struct kept *kept = data;
    g_free(kept->path);
    g_free(kept->line);
    g_free(kept->asked);
    g_list_free_1(kept->place);
    g_free(kept);
}

struct kx_errors *kx_errors_new(struct kx_log *log, const struct kx_clock *clock)
{
    struct kx_errors *errors = g_new0(struct kx_errors, 1);
    errors->log = log;
    errors->clock = clock;
    errors->lines = kx_lines_new(KX_ERRORS_MAX, KX_ERRORS_BYTES);
    g_mutex_init(&errors->mutex);
    errors->by_path = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, kept_free);
    g_queue_init(&errors->order);
    return errors;
}

void kx_errors_free(struct kx_errors *errors)
{
    if (!errors) return;
    kx_lines_free(errors->lines);
    g_hash_table_destroy(errors->by_path); /* and with it the links of the order */
    g_mutex_clear(&errors->mutex);
    g_free(errors);
}

static void forget_oldest(struct kx_errors *errors)
{
    const struct kept *oldest = g_queue_peek_head(&errors->order);
    g_queue_unlink(&errors->order, oldest->place);
    g_hash_table_remove(errors->by_path, oldest->path);
}

/* @return owned. */
static char *asked_text(const struct kx_asker *by, const struct kx_error *err)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *program = by ? kx_asker_program(by->process) : NULL;
    if (by)
        g_string_append_printf(text, "%u", (unsigned)by->user);
    else
        g_string_append_c(text, '-');
    if (by && by->process > 0)
        g_string_append_printf(text, "\t%d", (int)by->process);
    else
        g_string_append(text, "\t-");
    g_string_append_printf(text, "\t%s", program && *program ? program : "-");
    if (err->http_status)
        g_string_append_printf(text, "\t%ld", err->http_status);
    else
        g_string_append(text, "\t-");
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* @asked consumed. */
static void keep_line(struct kx_errors *errors, const char *path, const struct kx_error *err,
                      char *asked, bool noted, int64_t at_ms)
{
    g_autofree char *line = kx_error_format(err);
    g_mutex_lock(&errors->mutex);
    struct kept *kept = g_hash_table_lookup(errors->by_path, path);
    if (kept) {
        g_queue_unlink(&errors->order, kept->place); /* it is the youngest now */
    } else {
        kept = g_new0(struct kept, 1);
        kept->path = g_strdup(path);
        kept->place = g_list_append(NULL, kept);
        g_hash_table_insert(errors->by_path, kept->path, kept);
    }
    g_queue_push_tail_link(&errors->order, kept->place);
    g_free(kept->line);
    g_free(kept->asked);
    kept->line = kx_redact(line);
    kept->asked = asked;
    kept->code = err->code;
    kept->noted = noted;
    kept->at_ms = at_ms;
    if (errors->order.length > KX_ERRORS_MAX) forget_oldest(errors);
    g_mutex_unlock(&errors->mutex);
}

bool kx_errors_shows(int code)
{
    return code != ENOENT && code != ENODATA && code != EINTR;
}

struct kx_lines *kx_errors_lines(struct kx_errors *errors)
{
    return errors->lines;
}

void kx_errors_format(const struct kx_errors_item *item, GString *out)
{
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(item->at_ms / 1000);
    g_autofree char *stamp = g_date_time_format(at, "%Y-%m-%dT%H:%M:%S");
    g_string_append_printf(out, "%s.%03dZ\t%s\t%s", stamp, (int)(item->at_ms % 1000), item->asked,
                           item->line);
}

static void tell_followers(struct kx_errors *errors, const struct kx_error *err, const char *asked,
                           const char *line, int64_t at_ms)
{
    g_autofree char *redacted = kx_redact(line);
    g_autoptr(GString) text = g_string_new(NULL);
    const struct kx_errors_item item = {
        .at_ms = at_ms, .code = err->code, .path = err->path, .line = redacted, .asked = asked};
    kx_errors_format(&item, text);
    kx_lines_add(errors->lines, text->str);
}

void kx_errors_add(struct kx_errors *errors, const struct kx_asker *by, const struct kx_error *err)
{
    g_autofree char *line = kx_error_format(err), *asked = asked_text(by, err);
    bool shown = kx_errors_shows(err->code);
    int64_t at_ms = errors->clock->wall_ms(errors->clock); /* the same for all who see it */
    kx_log_write(errors->log, shown ? KX_LOG_WARNING : KX_LOG_DEBUG, "%s", line);
    if (shown) tell_followers(errors, err, asked, line, at_ms);
    if (err->path) keep_line(errors, err->path, err, g_steal_pointer(&asked), false, at_ms);
}

void kx_errors_note(struct kx_errors *errors, const struct kx_asker *by, const char *path,
                    const struct kx_error *err)
{
    keep_line(errors, path, err, asked_text(by, err), true, errors->clock->wall_ms(errors->clock));
}

char *kx_errors_last(struct kx_errors *errors, const char *path)
{
    g_mutex_lock(&errors->mutex);
    const struct kept *kept = g_hash_table_lookup(errors->by_path, path);
    char *line = kept ? g_strdup(kept->line) : NULL;
    g_mutex_unlock(&errors->mutex);
    return line;
}

void kx_errors_each(struct kx_errors *errors,
                    void (*look)(const struct kx_errors_item *item, void *context), void *context)
{
    g_mutex_lock(&errors->mutex);
    for (GList *at = errors->order.head; at; at = at->next) {
        const struct kept *kept = at->data;
        if (kept->noted) continue;
        const struct kx_errors_item item = {kept->at_ms, kept->code, kept->path, kept->line,
                                            kept->asked};
        look(&item, context);
    }
    g_mutex_unlock(&errors->mutex);
}
