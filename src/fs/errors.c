#include "fs/errors.h"

#include <errno.h>

#include "base/cleanup.h"

struct kx_errors {
    struct kx_log *log;
    GMutex mutex;        /* guards both below */
    GHashTable *by_path; /* path -> line, both owned */
    GQueue order;        /* of paths, oldest first, each once; owned */
};

struct kx_errors *kx_errors_new(struct kx_log *log)
{
    struct kx_errors *errors = g_new0(struct kx_errors, 1);
    errors->log = log;
    g_mutex_init(&errors->mutex);
    errors->by_path = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_queue_init(&errors->order);
    return errors;
}

void kx_errors_free(struct kx_errors *errors)
{
    if (!errors) return;
    g_hash_table_destroy(errors->by_path);
    g_queue_clear_full(&errors->order, g_free);
    g_mutex_clear(&errors->mutex);
    g_free(errors);
}

static void keep_line(struct kx_errors *errors, const char *path, const char *line)
{
    g_mutex_lock(&errors->mutex);
    if (!g_hash_table_contains(errors->by_path, path)) {
        g_queue_push_tail(&errors->order, g_strdup(path));
        if (errors->order.length > KX_ERRORS_MAX) {
            g_autofree char *oldest = g_queue_pop_head(&errors->order);
            g_hash_table_remove(errors->by_path, oldest);
        }
    }
    g_hash_table_insert(errors->by_path, g_strdup(path), kx_redact(line));
    g_mutex_unlock(&errors->mutex);
}

void kx_errors_add(struct kx_errors *errors, const struct kx_error *err)
{
    g_autofree char *line = kx_error_format(err);
    enum kx_log_level level = err->code == ENOENT || err->code == ENODATA || err->code == EINTR
                                  ? KX_LOG_DEBUG
                                  : KX_LOG_WARNING;
    kx_log_write(errors->log, level, "%s", line);
    if (err->path) keep_line(errors, err->path, line);
}

void kx_errors_note(struct kx_errors *errors, const char *path, const struct kx_error *err)
{
    g_autofree char *line = kx_error_format(err);
    keep_line(errors, path, line);
}

char *kx_errors_last(struct kx_errors *errors, const char *path)
{
    g_mutex_lock(&errors->mutex);
    char *line = g_strdup(g_hash_table_lookup(errors->by_path, path));
    g_mutex_unlock(&errors->mutex);
    return line;
}
