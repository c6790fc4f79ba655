#include "rest/kept.h"

#define WAIT_SLICE_MS 100 /* between two looks at the caller's cancel while another one asks */

struct kx_kept {
    const struct kx_clock *clock;
    guint max;
    size_t size;
    GMutex mutex;        /* guards what follows */
    GHashTable *answers; /* key -> struct answer */
    GHashTable *asked;   /* keys that somebody asks for -> the number of the turn */
    guint turn;
    GCond left;
    size_t used;
};

struct answer {
    struct kx_answer *record;
    size_t size;
    int64_t until_ms, added_ms;
};

static void answer_free(gpointer data)
{
    struct answer *answer = data;
    kx_answer_unref(answer->record);
    g_free(answer);
}

struct kx_kept *kx_kept_new(const struct kx_clock *clock, guint max, size_t size)
{
    struct kx_kept *kept = g_new0(struct kx_kept, 1);
    kept->clock = clock;
    kept->max = max;
    kept->size = size;
    g_mutex_init(&kept->mutex);
    kept->answers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, answer_free);
    kept->asked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_cond_init(&kept->left);
    return kept;
}

void kx_kept_free(struct kx_kept *kept)
{
    if (!kept) return;
    g_hash_table_destroy(kept->answers);
    g_hash_table_destroy(kept->asked);
    g_cond_clear(&kept->left);
    g_mutex_clear(&kept->mutex);
    g_free(kept);
}

/* Mutex held. */
static void forget(struct kx_kept *kept, const char *key)
{
    struct answer *answer = g_hash_table_lookup(kept->answers, key);
    if (!answer) return;
    kept->used -= answer->size;
    g_hash_table_remove(kept->answers, key);
}

/* Mutex held.  @return a reference. */
static struct kx_answer *find(struct kx_kept *kept, const char *key)
{
    const struct answer *answer = g_hash_table_lookup(kept->answers, key);
    if (answer && kept->clock->now_ms(kept->clock) < answer->until_ms)
        return kx_answer_ref(answer->record);
    if (answer) forget(kept, key);
    return NULL;
}

struct kx_answer *kx_kept_find(struct kx_kept *kept, const char *key)
{
    g_mutex_lock(&kept->mutex);
    struct kx_answer *found = find(kept, key);
    g_mutex_unlock(&kept->mutex);
    return found;
}

/* Who was waited for may have failed: then all who waited ask, or the last one would learn of a
 * silent server after as many timeouts as there were before it. */
struct kx_answer *kx_kept_enter(struct kx_kept *kept, const char *key, struct kx_cancel *cancel)
{
    g_mutex_lock(&kept->mutex);
    struct kx_answer *found = find(kept, key);
    const gpointer other = g_hash_table_lookup(kept->asked, key);
    while (!found && other && g_hash_table_lookup(kept->asked, key) == other &&
           !kx_cancel_fired(cancel)) {
        gint64 slice = g_get_monotonic_time() + WAIT_SLICE_MS * G_TIME_SPAN_MILLISECOND;
        g_cond_wait_until(&kept->left, &kept->mutex, slice);
        found = find(kept, key);
    }
    if (!found) g_hash_table_replace(kept->asked, g_strdup(key), GUINT_TO_POINTER(++kept->turn));
    g_mutex_unlock(&kept->mutex);
    return found;
}

void kx_kept_leave(struct kx_kept *kept, const char *key)
{
    g_mutex_lock(&kept->mutex);
    g_hash_table_remove(kept->asked, key);
    g_cond_broadcast(&kept->left);
    g_mutex_unlock(&kept->mutex);
}

/* Mutex held. */
static void forget_oldest(struct kx_kept *kept)
{
    GHashTableIter iter;
    gpointer key, value, oldest = NULL;
    int64_t since = INT64_MAX;
    g_hash_table_iter_init(&iter, kept->answers);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        const struct answer *answer = value;
        if (answer->added_ms >= since) continue;
        since = answer->added_ms;
        oldest = key;
    }
    if (oldest) forget(kept, oldest);
}

void kx_kept_add(struct kx_kept *kept, const char *key, struct kx_answer *record, size_t size,
                 int64_t for_ms)
{
    if (size > kept->size) return;
    struct answer *answer = g_new0(struct answer, 1);
    answer->record = kx_answer_ref(record);
    answer->size = size;
    g_mutex_lock(&kept->mutex);
    answer->added_ms = kept->clock->now_ms(kept->clock);
    answer->until_ms = answer->added_ms + for_ms;
    forget(kept, key);
    while (g_hash_table_size(kept->answers) >= kept->max || kept->used + size > kept->size)
        forget_oldest(kept);
    kept->used += size;
    g_hash_table_insert(kept->answers, g_strdup(key), answer);
    g_mutex_unlock(&kept->mutex);
}

void kx_kept_drop(struct kx_kept *kept, const char *prefix)
{
    GHashTableIter iter;
    gpointer key, value;
    g_mutex_lock(&kept->mutex);
    g_hash_table_iter_init(&iter, kept->answers);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        if (!g_str_has_prefix(key, prefix)) continue;
        kept->used -= ((const struct answer *)value)->size;
        g_hash_table_iter_remove(&iter);
    }
    g_mutex_unlock(&kept->mutex);
}
