/* Logs of containers as files that are read by ranges. */
#include <errno.h>
#include <string.h>

#include "fs/mount.h"
#include "fs/services.h"
#include "fs/tree/yarn_private.h"
#include "rest/container_logs.h"

#define WINDOW     ((size_t)256 * 1024) /* what is asked for at least */
#define WINDOW_MAX ((size_t)8 * 1024 * 1024)

/* One open log. The last answer is kept: who reads in order asks once a window, which then becomes
 * longer, as each answer begins at one of the log's ends. */
struct log {
    struct kx_logs *logs;
    char *app, *container, *file;
    GMutex mutex; /* guards what follows; held while a window is asked for */
    GBytes *window;
    int64_t start; /* where it lies */
};

static struct kx_logs *logs_of(const struct kx_tree_at *at, struct kx_error *err)
{
    struct kx_logs *logs = kx_services_logs(at->mount->services);
    if (!logs) kx_error_set(err, ENOENT, "this mount has no YARN (-o yarn=URL)");
    return logs;
}

int kx_yarn_log_containers(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    struct kx_logs *logs = logs_of(at, err);
    return logs ? kx_logs_containers(logs, kx_tree_bound(at, "app"), at->call, out, err) : -ENOENT;
}

int kx_yarn_log_files(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    struct kx_logs *logs = logs_of(at, err);
    const char *container = kx_tree_bound(at, "container");
    return logs ? kx_logs_files(logs, kx_tree_bound(at, "app"), container, at->call, out, err)
                : -ENOENT;
}

/* What it has is asked for when it is listed; whether there is such a container, here. */
int kx_yarn_log_folder_look(const struct kx_tree_at *at, struct kx_tree_look *out,
                            struct kx_error *err)
{
    struct kx_logs *logs = logs_of(at, err);
    const char *container = kx_tree_bound(at, "container");
    (void)out;
    return logs ? kx_logs_has(logs, kx_tree_bound(at, "app"), container, at->call, err) : -ENOENT;
}

int kx_yarn_log_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    struct kx_logs *logs = logs_of(at, err);
    const struct kx_log_name name = {.app = kx_tree_bound(at, "app"),
                                     .container = kx_tree_bound(at, "container"),
                                     .file = kx_tree_bound(at, "file")};
    struct kx_log_look look;
    int result = logs ? kx_logs_look(logs, &name, at->call, &look, err) : -ENOENT;
    if (result < 0) return result;
    out->size = look.size;
    out->mtime_ms = look.mtime_ms;
    return 0;
}

static int open_log(const struct kx_tree_at *at, void **state, struct kx_error *err)
{
    struct kx_tree_look look;
    int result = kx_yarn_log_look(at, &look, err);
    if (result < 0) return result;
    struct log *log = g_new0(struct log, 1);
    log->logs = logs_of(at, err);
    log->app = g_strdup(kx_tree_bound(at, "app"));
    log->container = g_strdup(kx_tree_bound(at, "container"));
    log->file = g_strdup(kx_tree_bound(at, "file"));
    g_mutex_init(&log->mutex);
    *state = log;
    return 0;
}

static void close_log(void *state)
{
    struct log *log = state;
    g_mutex_clear(&log->mutex);
    if (log->window) g_bytes_unref(log->window);
    g_free(log->app);
    g_free(log->container);
    g_free(log->file);
    g_free(log);
}

/* What is here of a range.  Mutex held.  @return owned; NULL: nothing. */
static GBytes *from_window(struct log *log, int64_t offset, size_t size)
{
    gsize here = log->window ? g_bytes_get_size(log->window) : 0;
    if (offset < log->start || offset >= log->start + (int64_t)here) return NULL;
    gsize skip = (gsize)(offset - log->start);
    return g_bytes_new_from_bytes(log->window, skip, MIN(size, here - skip));
}

static int load_window(struct log *log, int64_t offset, size_t size, const struct kx_call *call,
                       struct kx_error *err)
{
    const struct kx_log_name name = {
        .app = log->app, .container = log->container, .file = log->file};
    g_autoptr(GBytes) bytes = NULL;
    size_t before = log->window ? g_bytes_get_size(log->window) : 0;
    bool goes_on = log->window && offset > log->start && offset <= log->start + (int64_t)before;
    size_t want = CLAMP(goes_on ? before * 2 : WINDOW, WINDOW, WINDOW_MAX);
    int result = kx_logs_read(log->logs, &name, offset, MAX(size, want), call, &bytes, err);
    if (result < 0) return result;
    if (log->window) g_bytes_unref(log->window);
    log->window = g_steal_pointer(&bytes);
    log->start = offset;
    return 0;
}

/* Less than asked for would be the end to the kernel. */
static int read_log(void *state, int64_t offset, size_t size, const struct kx_call *call,
                    GBytes **out, struct kx_error *err)
{
    struct log *log = state;
    int result = 0;
    g_mutex_lock(&log->mutex);
    *out = from_window(log, offset, size);
    if (*out && g_bytes_get_size(*out) < size) g_clear_pointer(out, g_bytes_unref);
    if (!*out) result = load_window(log, offset, size, call, err);
    if (result == 0 && !*out) *out = from_window(log, offset, size);
    g_mutex_unlock(&log->mutex);
    if (result == 0 && !*out) *out = g_bytes_new(NULL, 0);
    return result;
}

const struct kx_tree_ranged kx_yarn_log_ranged = {
    .open = open_log, .close = close_log, .read = read_log};
