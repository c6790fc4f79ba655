#include "rest/collected_logs.h"

#include <errno.h>
#include <string.h>

#include "rest/collected_private.h"

struct kx_collected {
    struct kx_client *client;
    struct kx_yarn *yarn;
    GMutex mutex;     /* guards what follows */
    GHashTable *apps; /* id -> a reference to struct kx_collected_app */
};

static void app_unref(gpointer data)
{
    struct kx_collected_app *app = data;
    if (!g_atomic_ref_count_dec(&app->refs)) return;
    if (app->nodes) g_ptr_array_free(app->nodes, TRUE);
    kx_file_window_clear(&app->window);
    kx_gate_clear(&app->gate);
    g_free(app);
}

struct kx_collected *kx_collected_new(struct kx_client *client, struct kx_yarn *yarn)
{
    struct kx_collected *collected = g_new0(struct kx_collected, 1);
    collected->client = client;
    collected->yarn = yarn;
    g_mutex_init(&collected->mutex);
    collected->apps = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, app_unref);
    return collected;
}

void kx_collected_free(struct kx_collected *collected)
{
    if (!collected) return;
    g_hash_table_destroy(collected->apps);
    g_mutex_clear(&collected->mutex);
    g_free(collected);
}

static int64_t now_ms(const struct kx_collected *collected)
{
    const struct kx_clock *clock = kx_client_clock(collected->client);
    return clock->now_ms(clock);
}

/* Mutex held. */
static void drop_oldest(struct kx_collected *collected)
{
    GHashTableIter iter;
    gpointer id, data, oldest = NULL;
    int64_t until = G_MAXINT64;
    g_hash_table_iter_init(&iter, collected->apps);
    while (g_hash_table_iter_next(&iter, &id, &data)) {
        const struct kx_collected_app *app = data;
        if (app->until_ms >= until) continue;
        until = app->until_ms;
        oldest = id;
    }
    if (oldest) g_hash_table_remove(collected->apps, oldest);
}

/* @return a reference. */
static struct kx_collected_app *take_app(struct kx_collected *collected, const char *id)
{
    int64_t now = now_ms(collected);
    g_mutex_lock(&collected->mutex);
    struct kx_collected_app *app = g_hash_table_lookup(collected->apps, id);
    if (!app || app->until_ms <= now) {
        g_hash_table_remove(collected->apps, id);
        if (g_hash_table_size(collected->apps) >= KX_COLLECTED_APPS) drop_oldest(collected);
        app = g_new0(struct kx_collected_app, 1);
        g_atomic_ref_count_init(&app->refs);
        kx_gate_init(&app->gate);
        app->until_ms = now + KX_COLLECTED_KEPT_MS;
        g_hash_table_insert(collected->apps, g_strdup(id), app);
    }
    g_atomic_ref_count_inc(&app->refs);
    g_mutex_unlock(&collected->mutex);
    return app;
}

static void forget(struct kx_collected *collected, const char *id,
                   const struct kx_collected_app *app)
{
    g_mutex_lock(&collected->mutex);
    if (g_hash_table_lookup(collected->apps, id) == app) g_hash_table_remove(collected->apps, id);
    g_mutex_unlock(&collected->mutex);
}

/* More may be collected. */
static void keep_shortly(struct kx_collected *collected, struct kx_collected_app *app)
{
    g_mutex_lock(&collected->mutex);
    app->until_ms = now_ms(collected) + KX_YARN_FRESH_MS;
    g_mutex_unlock(&collected->mutex);
}

static void leave(struct kx_collected_app *app)
{
    kx_file_window_clear(&app->window);
    kx_gate_leave(&app->gate);
    app_unref(app);
}

/* Come in, with all its files.  @return owned: to be left; NULL: err says why. */
static struct kx_collected_app *enter(struct kx_collected *collected, const char *id,
                                      const struct kx_call *call, struct kx_error *err)
{
    if (!kx_yarn_is_app(id)) {
        kx_error_set(err, ENOENT, "%s is no application", id);
        return NULL;
    }
    struct kx_collected_app *app = take_app(collected, id);
    if (kx_gate_enter(&app->gate, call ? call->cancel : NULL, 0) < 0) {
        kx_error_set(err, EINTR, "interrupted");
        app_unref(app);
        return NULL;
    }
    if (app->nodes) return app;
    if (kx_collected_find(collected->client, collected->yarn, id, app, call, &app->nodes, err) ==
        0) {
        if (!app->settled) keep_shortly(collected, app);
        return app;
    }
    forget(collected, id, app);
    leave(app);
    return NULL;
}

/* What is done with a record, or with a log of it.  @return 0: go on; 1: it is enough; -errno. */
struct visit {
    const char *container; /* NULL: all */
    const char *file;      /* NULL: all */
    int (*record)(struct visit *visit, const struct kx_collected_record *record);
    int (*log)(struct visit *visit, const struct kx_collected_log *log);
    const struct kx_call *call;
    struct kx_error *err;
    void *context;
    bool found;
};

static int visit_logs(struct visit *visit, struct kx_collected_file *file,
                      struct kx_collected_record *record)
{
    for (guint i = 0;; i++) {
        const struct kx_collected_log *log = NULL;
        int result = kx_collected_file_log(file, record, i, visit->call, &log, visit->err);
        if (result <= 0) return result;
        if (visit->file && strcmp(log->name, visit->file) != 0) continue;
        result = visit->log(visit, log);
        if (result != 0) return result;
        /* A name is once in a record, but for a file that logs were added to. */
        if (visit->file && kx_collected_file_is_plain(file)) return 0;
    }
}

static int visit_file(struct visit *visit, struct kx_collected_file *file)
{
    for (guint i = 0;; i++) {
        struct kx_collected_record *record = NULL;
        int result = kx_collected_file_record(file, i, visit->call, &record, visit->err);
        if (result <= 0) return result;
        if (visit->container && strcmp(kx_collected_container(record), visit->container) != 0)
            continue;
        visit->found = true;
        if (visit->record)
            result = visit->record(visit, record);
        else
            result = visit_logs(visit, file, record);
        if (result != 0 || visit->container) return result;
    }
}

/* Which files cannot have it: those of other nodes, once it was found. A file that cannot be read
 * is passed over as long as others may have what is wanted. */
static int visit_app(struct visit *visit, const struct kx_collected_app *app)
{
    const char *node = NULL;
    KX_ERROR_AUTO(failed);
    struct kx_error *to = visit->err;
    for (guint i = 0; i < app->nodes->len; i++) {
        struct kx_collected_node *one = g_ptr_array_index(app->nodes, i);
        KX_ERROR_AUTO(err);
        if (node && strcmp(node, one->node) != 0) continue;
        visit->err = &err;
        int result = visit_file(visit, one->file);
        visit->err = to;
        if (result == 1) return 0;
        if (result < 0) kx_error_copy(&failed, &err);
        if (result == -EINTR || (result < 0 && visit->found)) break;
        if (visit->container && visit->found) node = one->node;
    }
    if (!failed.code || (visit->found && !visit->container)) return 0;
    kx_error_copy(to ? to : &failed, &failed);
    return -failed.code;
}

static int visit_all(struct kx_collected *collected, const char *id, struct visit *visit)
{
    struct kx_collected_app *app = enter(collected, id, visit->call, visit->err);
    if (!app) return -visit->err->code;
    int result = visit_app(visit, app);
    if (result == 0 && visit->container && !visit->found)
        result = kx_error_set(visit->err, ENOENT, "%s has no collected logs", visit->container);
    if (result == -ESTALE || result == -ENOENT) forget(collected, id, app);
    leave(app);
    return result;
}

static void add_name(GPtrArray *out, const char *name)
{
    if (!g_ptr_array_find_with_equal_func(out, name, g_str_equal, NULL))
        g_ptr_array_add(out, g_strdup(name));
}

static int add_container(struct visit *visit, const struct kx_collected_record *record)
{
    const char *name = kx_collected_container(record);
    if (g_str_has_prefix(name, "container_")) add_name(visit->context, name);
    return 0;
}

int kx_collected_containers(struct kx_collected *collected, const char *app,
                            const struct kx_call *call, GPtrArray *out, struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct visit visit = {
        .record = add_container, .call = call, .err = err ? err : &own, .context = out};
    return visit_all(collected, app, &visit);
}

static int enough(struct visit *visit, const struct kx_collected_record *record)
{
    (void)visit, (void)record;
    return 1;
}

int kx_collected_has(struct kx_collected *collected, const char *app, const char *container,
                     const struct kx_call *call, struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct visit visit = {
        .container = container, .record = enough, .call = call, .err = err ? err : &own};
    return visit_all(collected, app, &visit);
}

static int add_file(struct visit *visit, const struct kx_collected_log *log)
{
    add_name(visit->context, log->name);
    return 0;
}

int kx_collected_files(struct kx_collected *collected, const struct kx_log_name *name,
                       const struct kx_call *call, GPtrArray *out, struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct visit visit = {.container = name->container,
                          .log = add_file,
                          .call = call,
                          .err = err ? err : &own,
                          .context = out};
    return visit_all(collected, name->app, &visit);
}

static int add_size(struct visit *visit, const struct kx_collected_log *log)
{
    struct kx_log_look *look = visit->context;
    look->size = MAX(look->size, 0) + log->length;
    look->mtime_ms = MAX(look->mtime_ms, log->mtime_ms);
    return 0;
}

int kx_collected_look(struct kx_collected *collected, const struct kx_log_name *name,
                      const struct kx_call *call, struct kx_log_look *out, struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct kx_log_look look = {.size = -1};
    struct visit visit = {.container = name->container,
                          .file = name->file,
                          .log = add_size,
                          .call = call,
                          .err = err ? err : &own,
                          .context = &look};
    int result = visit_all(collected, name->app, &visit);
    if (result == 0 && look.size < 0)
        return kx_error_set(err, ENOENT, "%s has no log %s", name->container, name->file);
    if (result == 0) *out = look;
    return result;
}

/* What is still to be read. */
struct wish {
    int64_t offset; /* from where the next piece begins */
    char *to;
    size_t want, got;
    bool found;
};

static int read_log(struct visit *visit, const struct kx_collected_log *log)
{
    struct wish *wish = visit->context;
    wish->found = true;
    if (wish->offset >= log->length) {
        wish->offset -= log->length;
        return 0;
    }
    size_t here = (size_t)MIN((int64_t)(wish->want - wish->got), log->length - wish->offset);
    int result = kx_stream_read_all(log->stream, log->offset + wish->offset, wish->to + wish->got,
                                    here, visit->call, visit->err);
    if (result < 0) return result;
    wish->got += here;
    wish->offset = 0;
    return wish->got == wish->want;
}

int kx_collected_read(struct kx_collected *collected, const struct kx_log_name *name,
                      int64_t offset, size_t want, const struct kx_call *call, GBytes **out,
                      struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    g_autofree char *room = g_malloc(want + 1);
    struct wish wish = {.offset = offset, .to = room, .want = want};
    struct visit visit = {.container = name->container,
                          .file = name->file,
                          .log = read_log,
                          .call = call,
                          .err = err ? err : &own,
                          .context = &wish};
    int result = want ? visit_all(collected, name->app, &visit) : 0;
    if (result == 0 && want && !wish.found)
        result = kx_error_set(err, ENOENT, "%s has no log %s", name->container, name->file);
    if (result < 0) return result;
    *out = g_bytes_new_take(g_steal_pointer(&room), wish.got);
    return 0;
}
