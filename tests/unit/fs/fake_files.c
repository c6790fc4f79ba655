#include "fake_files.h"

#include <errno.h>
#include <string.h>

#include "rest/features.h"
#include "support.h"

struct content {
    gint refs;
    GString *bytes;
    uint32_t mode;
    uint64_t file_id;
    int64_t mtime_ms;
};

struct kx_client {
    int64_t stall_ms;
    struct kx_features features;
    GMutex mutex; /* guards all below */
    GCond changed;
    GHashTable *files; /* owned path -> struct content, a reference */
    GString *requests;
    char *fail_word, *hold_word;
    int fail_code;
    bool fail_done;
    unsigned held, uploads;
    uint64_t next_id;
};

struct kx_upload {
    struct kx_client *client;
    struct content *content; /* a reference: it follows the file, whatever its name */
    bool finished;
    int64_t length;
};

static void content_unref(gpointer data)
{
    struct content *content = data;
    if (!g_atomic_int_dec_and_test(&content->refs)) return;
    g_string_free(content->bytes, TRUE);
    g_free(content);
}

struct kx_client *fake_files_new(void)
{
    struct kx_client *client = g_new0(struct kx_client, 1);
    client->stall_ms = 60000;
    client->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, content_unref);
    client->requests = g_string_new(NULL);
    client->next_id = 100;
    g_mutex_init(&client->mutex);
    g_cond_init(&client->changed);
    return client;
}

void fake_files_free(struct kx_client *client)
{
    unsigned uploads = client->uploads;
    g_hash_table_destroy(client->files);
    g_string_free(client->requests, TRUE);
    g_free(client->fail_word);
    g_free(client->hold_word);
    g_mutex_clear(&client->mutex);
    g_cond_clear(&client->changed);
    g_free(client);
    assert_int_equal(uploads, 0);
}

void fake_files_set_stall(struct kx_client *client, int64_t ms)
{
    client->stall_ms = ms;
}

int64_t kx_client_stall_ms(const struct kx_client *client)
{
    return client->stall_ms;
}

struct kx_features *kx_client_features(struct kx_client *client)
{
    return &client->features;
}

/* Mutex held. */
static struct content *find(struct kx_client *client, const char *path)
{
    return g_hash_table_lookup(client->files, path);
}

/* Mutex held: a fresh empty file at a path. */
static struct content *make(struct kx_client *client, const char *path, uint32_t mode)
{
    struct content *content = g_new0(struct content, 1);
    *content = (struct content){
        .refs = 1, .bytes = g_string_new(NULL), .mode = mode, .file_id = client->next_id++};
    g_hash_table_replace(client->files, g_strdup(path), content);
    return content;
}

void fake_files_put(struct kx_client *client, const char *path, const char *text)
{
    g_mutex_lock(&client->mutex);
    g_string_assign(make(client, path, 0644)->bytes, text);
    g_mutex_unlock(&client->mutex);
}

/* Mutex held. */
static void move(struct kx_client *client, const char *from, const char *to)
{
    struct content *content = find(client, from);
    g_atomic_int_inc(&content->refs);
    g_hash_table_remove(client->files, from);
    g_hash_table_replace(client->files, g_strdup(to), content);
}

void fake_files_move(struct kx_client *client, const char *from, const char *to)
{
    g_mutex_lock(&client->mutex);
    g_autoptr(GList) paths = g_hash_table_get_keys(client->files);
    g_autofree char *below = g_strconcat(from, "/", NULL);
    for (GList *at = paths; at; at = at->next) {
        if (!g_str_has_prefix(at->data, below)) continue;
        g_autofree char *old = g_strdup(at->data);
        g_autofree char *path = g_strconcat(to, old + strlen(from), NULL);
        move(client, old, path);
    }
    g_mutex_unlock(&client->mutex);
}

char *fake_files_get(struct kx_client *client, const char *path)
{
    g_mutex_lock(&client->mutex);
    const struct content *content = find(client, path);
    char *text = content ? g_strdup(content->bytes->str) : NULL;
    g_mutex_unlock(&client->mutex);
    return text;
}

uint32_t fake_files_mode(struct kx_client *client, const char *path)
{
    g_mutex_lock(&client->mutex);
    const struct content *content = find(client, path);
    uint32_t mode = content ? content->mode : 0;
    g_mutex_unlock(&client->mutex);
    return mode;
}

unsigned fake_files_count(struct kx_client *client)
{
    g_mutex_lock(&client->mutex);
    unsigned count = g_hash_table_size(client->files);
    g_mutex_unlock(&client->mutex);
    return count;
}

void fake_files_fail(struct kx_client *client, const char *word, int code, bool done)
{
    g_mutex_lock(&client->mutex);
    g_free(client->fail_word);
    client->fail_word = g_strdup(word);
    client->fail_code = code;
    client->fail_done = done;
    g_mutex_unlock(&client->mutex);
}

void fake_files_hold(struct kx_client *client, const char *word)
{
    g_mutex_lock(&client->mutex);
    g_free(client->hold_word);
    client->hold_word = g_strdup(word);
    g_cond_broadcast(&client->changed);
    g_mutex_unlock(&client->mutex);
}

void fake_files_wait_held(struct kx_client *client)
{
    g_mutex_lock(&client->mutex);
    while (client->held == 0)
        g_cond_wait(&client->changed, &client->mutex);
    g_mutex_unlock(&client->mutex);
}

char *fake_files_requests(struct kx_client *client)
{
    g_mutex_lock(&client->mutex);
    char *requests = g_strdup(client->requests->str);
    g_string_truncate(client->requests, 0);
    g_mutex_unlock(&client->mutex);
    return requests;
}

/* --- one request --- */

struct request {
    struct kx_client *client;
    struct kx_cancel *cancel;
    int code; /* it fails so; 0: it does not */
    bool done;
};

static void wake(void *context)
{
    struct kx_client *client = context;
    g_mutex_lock(&client->mutex);
    g_cond_broadcast(&client->changed);
    g_mutex_unlock(&client->mutex);
}

/* Mutex held: wait while requests of this word are held. */
static void wait_for_turn(struct kx_client *client, const char *word, struct kx_cancel *cancel)
{
    client->held++;
    g_cond_broadcast(&client->changed);
    while (g_strcmp0(client->hold_word, word) == 0 && !kx_cancel_fired(cancel))
        g_cond_wait(&client->changed, &client->mutex);
    client->held--;
}

/* Begin a request, written down as "WORD detail"; the mutex is held until request_end.  @return
 * whether it is done. */
static bool request_begin(struct request *r, struct kx_client *client, const struct kx_call *call,
                          const char *word, const char *detail)
{
    *r = (struct request){.client = client, .cancel = call ? call->cancel : NULL, .done = true};
    struct kx_cancel_watch watch = {.wake = wake, .context = client};
    kx_cancel_watch(r->cancel, &watch);
    g_mutex_lock(&client->mutex);
    if (g_strcmp0(client->hold_word, word) == 0) wait_for_turn(client, word, r->cancel);
    g_mutex_unlock(&client->mutex);
    kx_cancel_unwatch(r->cancel, &watch);
    g_mutex_lock(&client->mutex);
    g_string_append_printf(client->requests, "%s %s\n", word, detail);
    if (kx_cancel_fired(r->cancel)) {
        r->code = EINTR;
        r->done = false;
    } else if (g_strcmp0(client->fail_word, word) == 0) {
        g_clear_pointer(&client->fail_word, g_free);
        r->code = client->fail_code;
        r->done = client->fail_done;
    }
    return r->done;
}

/* @code of the server's own answer; the failure that was ordered goes first. */
static int request_end(struct request *r, int code, struct kx_error *err)
{
    g_mutex_unlock(&r->client->mutex);
    int result = r->code ? r->code : code;
    return result ? kx_error_set(err, result, "the server was told so: %s", g_strerror(result)) : 0;
}

/* --- uploads --- */

int kx_upload_open(struct kx_client *client, const char *path, const struct kx_create *how,
                   const struct kx_call *call, struct kx_upload **out, struct kx_error *err)
{
    struct request r;
    int code = 0;
    g_autofree char *detail =
        how ? g_strdup_printf("%s %s %o", path, how->overwrite ? "over" : "new", how->mode)
            : g_strdup(path);
    if (request_begin(&r, client, call, how ? "CREATE" : "APPEND", detail)) {
        struct content *content = find(client, path);
        if (how && content && !how->overwrite) code = EEXIST;
        if (!how && !content) code = ENOENT;
        if (how && code == 0) content = make(client, path, how->mode ? how->mode : 0644);
        if (code == 0 && r.code == 0) {
            *out = g_new0(struct kx_upload, 1);
            **out = (struct kx_upload){.client = client, .content = content};
            g_atomic_int_inc(&content->refs);
            client->uploads++;
        }
    }
    return request_end(&r, code, err);
}

int kx_upload_write(struct kx_upload *upload, const void *data, size_t length,
                    const struct kx_call *call, struct kx_error *err)
{
    struct request r;
    g_autofree char *detail = g_strdup_printf("%zu", length);
    if (request_begin(&r, upload->client, call, "WRITE", detail)) {
        g_string_append_len(upload->content->bytes, data, (gssize)length);
        upload->length += (int64_t)length;
    }
    return request_end(&r, 0, err);
}

int64_t kx_upload_length(const struct kx_upload *upload)
{
    return upload->length;
}

int kx_upload_finish(struct kx_upload *upload, const struct kx_call *call, struct kx_error *err)
{
    struct request r;
    if (request_begin(&r, upload->client, call, "FINISH", "")) upload->finished = true;
    return request_end(&r, 0, err);
}

void kx_upload_close(struct kx_upload *upload)
{
    if (!upload) return;
    struct kx_client *client = upload->client;
    g_mutex_lock(&client->mutex);
    if (!upload->finished) g_string_append(client->requests, "CUT\n");
    client->uploads--;
    g_mutex_unlock(&client->mutex);
    content_unref(upload->content);
    g_free(upload);
}

int kx_upload_small(struct kx_client *client, const char *path, const struct kx_create *how,
                    const void *data, size_t length, const struct kx_call *call,
                    struct kx_error *err)
{
    g_autoptr(kx_upload) upload = NULL;
    int result = kx_upload_open(client, path, how, call, &upload, err);
    if (result == 0 && length > 0) result = kx_upload_write(upload, data, length, call, err);
    return result < 0 ? result : kx_upload_finish(upload, call, err);
}

/* --- names and attributes --- */

int kx_webhdfs_stat(struct kx_client *client, const char *path, const struct kx_call *call,
                    struct kx_status *out, struct kx_error *err)
{
    struct request r;
    int code = ENOENT;
    if (request_begin(&r, client, call, "STAT", path)) {
        const struct content *content = find(client, path);
        if (content) {
            *out = (struct kx_status){.file_id = content->file_id,
                                      .length = (int64_t)content->bytes->len,
                                      .mode = content->mode,
                                      .name = g_strdup("")};
            code = 0;
        }
    }
    return request_end(&r, code, err);
}

int kx_webhdfs_delete(struct kx_client *client, const char *path, bool recursive,
                      const struct kx_call *call, struct kx_error *err)
{
    (void)recursive;
    struct request r;
    int code = 0;
    if (request_begin(&r, client, call, "DELETE", path))
        code = g_hash_table_remove(client->files, path) ? 0 : ENOENT;
    return request_end(&r, code, err);
}

static int rename_file(struct kx_client *client, const char *word, const char *from, const char *to,
                       const struct kx_call *call, struct kx_error *err)
{
    struct request r;
    int code = 0;
    g_autofree char *detail = g_strdup_printf("%s %s", from, to);
    if (request_begin(&r, client, call, word, detail)) {
        if (!find(client, from))
            code = ENOENT;
        else if (find(client, to) && g_str_equal(word, "RENAME"))
            code = EEXIST;
        else
            move(client, from, to);
    }
    return request_end(&r, code, err);
}

int kx_webhdfs_rename(struct kx_client *client, const char *from, const char *to,
                      const struct kx_call *call, struct kx_error *err)
{
    return rename_file(client, "RENAME", from, to, call, err);
}

int kx_webhdfs_rename_replace(struct kx_client *client, const char *from, const char *to,
                              const struct kx_call *call, struct kx_error *err)
{
    return rename_file(client, "REPLACE", from, to, call, err);
}

int kx_webhdfs_truncate(struct kx_client *client, const char *path, int64_t length,
                        const struct kx_call *call, bool *done, struct kx_error *err)
{
    struct request r;
    int code = ENOENT;
    g_autofree char *detail = g_strdup_printf("%s %" G_GINT64_FORMAT, path, length);
    if (request_begin(&r, client, call, "TRUNCATE", detail)) {
        struct content *content = find(client, path);
        if (content) {
            g_string_truncate(content->bytes, (gsize)length);
            *done = true;
            code = 0;
        }
    }
    return request_end(&r, code, err);
}

int kx_webhdfs_set_permission(struct kx_client *client, const char *path, uint32_t mode,
                              const struct kx_call *call, struct kx_error *err)
{
    struct request r;
    int code = 0;
    g_autofree char *detail = g_strdup_printf("%s %o", path, mode);
    if (request_begin(&r, client, call, "CHMOD", detail)) {
        struct content *content = find(client, path);
        if (content) content->mode = mode;
        code = content ? 0 : ENOENT;
    }
    return request_end(&r, code, err);
}

int kx_webhdfs_set_times(struct kx_client *client, const char *path, int64_t mtime_ms,
                         int64_t atime_ms, const struct kx_call *call, struct kx_error *err)
{
    struct request r;
    int code = 0;
    g_autofree char *detail =
        g_strdup_printf("%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, path, mtime_ms, atime_ms);
    if (request_begin(&r, client, call, "TIMES", detail)) {
        struct content *content = find(client, path);
        if (content) content->mtime_ms = mtime_ms;
        code = content ? 0 : ENOENT;
    }
    return request_end(&r, code, err);
}
