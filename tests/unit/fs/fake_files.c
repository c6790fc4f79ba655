#include "fake_files.h"

#include <errno.h>
#include <string.h>

#include "fake_files_private.h"
#include "support.h"

void fake_content_unref(struct content *content)
{
    if (!g_atomic_int_dec_and_test(&content->refs)) return;
    g_string_free(content->bytes, TRUE);
    g_free(content);
}

struct kx_client *fake_files_new(void)
{
    struct kx_client *client = g_new0(struct kx_client, 1);
    client->stall_ms = 60000;
    client->files =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)fake_content_unref);
    client->folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    client->mtime_ms = 1000000;
    client->pool = kx_pool_new(2);
    client->requests = g_string_new(NULL);
    client->next_id = 100;
    client->page_entries = 1000;
    g_mutex_init(&client->mutex);
    g_cond_init(&client->changed);
    return client;
}

void fake_files_free(struct kx_client *client)
{
    unsigned uploads = client->uploads;
    g_hash_table_destroy(client->files);
    g_hash_table_destroy(client->folders);
    kx_pool_free(client->pool);
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

struct content *fake_find(struct kx_client *client, const char *path)
{
    return g_hash_table_lookup(client->files, path);
}

void fake_touch(struct kx_client *client, struct content *content)
{
    content->mtime_ms = client->mtime_ms += 10;
}

void fake_files_folder(struct kx_client *client, const char *path, uint64_t file_id)
{
    uint64_t *id = g_new(uint64_t, 1);
    *id = file_id;
    g_mutex_lock(&client->mutex);
    g_hash_table_replace(client->folders, g_strdup(path), id);
    g_mutex_unlock(&client->mutex);
}

void fake_files_set_block(struct kx_client *client, int64_t bytes)
{
    client->block_bytes = bytes;
}

struct content *fake_make(struct kx_client *client, const char *path, uint32_t mode)
{
    struct content *content = g_new0(struct content, 1);
    *content = (struct content){
        .refs = 1, .bytes = g_string_new(NULL), .mode = mode, .file_id = client->next_id++};
    g_hash_table_replace(client->files, g_strdup(path), content);
    fake_touch(client, content);
    return content;
}

void fake_files_put(struct kx_client *client, const char *path, const char *text)
{
    g_mutex_lock(&client->mutex);
    g_string_assign(fake_make(client, path, 0644)->bytes, text);
    g_mutex_unlock(&client->mutex);
}

void fake_files_change(struct kx_client *client, const char *path, const char *text)
{
    g_mutex_lock(&client->mutex);
    struct content *content = fake_find(client, path);
    g_string_assign(content->bytes, text);
    fake_touch(client, content);
    g_mutex_unlock(&client->mutex);
}

void fake_move(struct kx_client *client, const char *from, const char *to)
{
    struct content *content = fake_find(client, from);
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
        fake_move(client, old, path);
    }
    g_mutex_unlock(&client->mutex);
}

char *fake_files_get(struct kx_client *client, const char *path)
{
    g_mutex_lock(&client->mutex);
    const struct content *content = fake_find(client, path);
    char *text = content ? g_strdup(content->bytes->str) : NULL;
    g_mutex_unlock(&client->mutex);
    return text;
}

uint32_t fake_files_mode(struct kx_client *client, const char *path)
{
    g_mutex_lock(&client->mutex);
    const struct content *content = fake_find(client, path);
    uint32_t mode = content ? content->mode : 0;
    g_mutex_unlock(&client->mutex);
    return mode;
}

int64_t fake_files_mtime(struct kx_client *client, const char *path)
{
    g_mutex_lock(&client->mutex);
    const struct content *content = fake_find(client, path);
    int64_t mtime_ms = content ? content->mtime_ms : -1;
    g_mutex_unlock(&client->mutex);
    return mtime_ms;
}

uint64_t fake_files_id(struct kx_client *client, const char *path)
{
    g_mutex_lock(&client->mutex);
    const struct content *content = fake_find(client, path);
    uint64_t id = content ? content->file_id : 0;
    g_mutex_unlock(&client->mutex);
    return id;
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

bool request_begin(struct request *r, struct kx_client *client, const struct kx_call *call,
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

int request_end(struct request *r, int code, struct kx_error *err)
{
    g_mutex_unlock(&r->client->mutex);
    int result = r->code ? r->code : code;
    return result ? kx_error_set(err, result, "the server was told so: %s", g_strerror(result)) : 0;
}
