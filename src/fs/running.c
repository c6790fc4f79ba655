#include "fs/running.h"

#include <string.h>

#include "base/bell.h"
#include "fs/mount.h"
#include "fs/services.h"
#include "fs/tree/tree.h"

#define ASK_MS   20000
#define KNOWN_MS 5000 /* so long it may take until the kernel knows what it has asked for */
#define NAME     ".running"

struct kx_running {
    struct kx_mount *mount;
    struct kx_cancel *ending;
    GMutex mutex;     /* guards what follows */
    GThread *thread;  /* NULL: not needed yet */
    GHashTable *jobs; /* id -> when it was seen first, in milliseconds of the clock (int64_t *) */
};

static int64_t now_ms(const struct kx_running *running)
{
    return running->mount->clock->now_ms(running->mount->clock);
}

/* Mutex held. */
static void forget_oldest(struct kx_running *running)
{
    GHashTableIter iter;
    gpointer id, since, oldest = NULL;
    int64_t first = INT64_MAX;
    g_hash_table_iter_init(&iter, running->jobs);
    while (g_hash_table_iter_next(&iter, &id, &since)) {
        if (*(int64_t *)since >= first) continue;
        first = *(int64_t *)since;
        oldest = id;
    }
    if (oldest) g_hash_table_remove(running->jobs, oldest);
}

/* Both names that a job's file has.  @return whether the kernel knows one; @tell: that it is gone.
 */
static bool each_name(struct kx_running *running, const char *job, bool tell)
{
    static const char *const FOLDERS[] = {"/.oozie/jobs/", "/.oozie/jobs/all/"};
    struct kx_mount *mount = running->mount;
    bool known = false;
    for (size_t i = 0; i < G_N_ELEMENTS(FOLDERS); i++) {
        g_autofree char *folder = g_strconcat(FOLDERS[i], job, NULL);
        uint64_t directory = 0, node = 0;
        if (!kx_tree_known(mount->tree, folder, NAME, &directory, &node)) continue;
        known = true;
        if (tell && mount->tell_gone) mount->tell_gone(mount, directory, node, NAME);
    }
    return known;
}

/* The ids that are to be asked for, without those that the kernel has forgotten.  @young: is one of
 * them new? */
static GPtrArray *take_stock(struct kx_running *running, bool *young)
{
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
    const int64_t now = now_ms(running);
    GHashTableIter iter;
    gpointer id, since;
    *young = false;
    g_mutex_lock(&running->mutex);
    g_hash_table_iter_init(&iter, running->jobs);
    while (g_hash_table_iter_next(&iter, &id, &since)) {
        const int64_t age = now - *(int64_t *)since;
        if (age > KNOWN_MS && !each_name(running, id, false)) {
            g_hash_table_iter_remove(&iter);
            continue;
        }
        *young = *young || age < KX_RUNNING_YOUNG_MS;
        g_ptr_array_add(ids, g_strdup(id));
    }
    g_mutex_unlock(&running->mutex);
    return ids;
}

/* First the kernel is told, then the file is not there any more. */
static void is_over(struct kx_running *running, const char *job)
{
    (void)each_name(running, job, true);
    g_mutex_lock(&running->mutex);
    g_hash_table_remove(running->jobs, job);
    g_mutex_unlock(&running->mutex);
}

static void look_at(struct kx_running *running, const GPtrArray *ids)
{
    struct kx_oozie *oozie = kx_services_oozie(running->mount->services);
    const struct kx_call call = {.cancel = running->ending, .timeout_ms = ASK_MS, .attempts = 1};
    g_autoptr(GString) filter = g_string_new(NULL);
    g_autoptr(kx_answer) answer = NULL;
    for (guint i = 0; i < ids->len; i++)
        g_string_append_printf(filter, "%sid=%s", i ? ";" : "",
                               (const char *)g_ptr_array_index(ids, i));
    const struct kx_oozie_page page = {.kind = KX_JOB_WORKFLOW,
                                       .filter = filter->str,
                                       .offset = 1,
                                       .count = KX_RUNNING_MAX,
                                       .alone = true};
    if (!oozie || kx_oozie_list(oozie, &page, &call, &answer, NULL) < 0) return;
    const struct kx_item *jobs = kx_oozie_jobs(answer, KX_JOB_WORKFLOW);
    for (size_t i = 0; i < kx_item_count(jobs); i++) {
        g_autofree char *id = kx_item_text(kx_item_element(jobs, i), "id");
        g_autofree char *status = kx_item_text(kx_item_element(jobs, i), "status");
        if (id && kx_oozie_ended(status)) is_over(running, id);
    }
}

static gpointer look_after_them(gpointer data)
{
    struct kx_running *running = data;
    guint heard = kx_bell_rings(running->mount->bell);
    for (;;) {
        bool young = false;
        g_autoptr(GPtrArray) ids = take_stock(running, &young);
        if (ids->len) look_at(running, ids);
        int64_t told_ms = (int64_t)g_atomic_int_get(&running->mount->poll_s) * 1000;
        int64_t ms = told_ms ? told_ms : young ? KX_RUNNING_SOON_MS : KX_RUNNING_MS;
        if (kx_bell_wait(running->mount->bell, &heard, ms, running->ending) < 0) return NULL;
    }
}

struct kx_running *kx_running_new(struct kx_mount *mount)
{
    struct kx_running *running = g_new0(struct kx_running, 1);
    running->mount = mount;
    running->ending = kx_cancel_new();
    running->jobs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_mutex_init(&running->mutex);
    return running;
}

void kx_running_free(struct kx_running *running)
{
    if (!running) return;
    kx_cancel_fire(running->ending);
    if (running->thread) g_thread_join(running->thread);
    kx_cancel_unref(running->ending);
    g_hash_table_destroy(running->jobs);
    g_mutex_clear(&running->mutex);
    g_free(running);
}

bool kx_running_look(struct kx_running *running, const char *job, bool ended)
{
    if (!running) return !ended;
    g_mutex_lock(&running->mutex);
    bool known = g_hash_table_contains(running->jobs, job);
    if (!known && !ended) {
        int64_t since = now_ms(running);
        while (g_hash_table_size(running->jobs) >= KX_RUNNING_MAX)
            forget_oldest(running);
        g_hash_table_insert(running->jobs, g_strdup(job), g_memdup2(&since, sizeof since));
        if (!running->thread) running->thread = g_thread_new("running", look_after_them, running);
    }
    g_mutex_unlock(&running->mutex);
    if (known && ended) kx_bell_ring(running->mount->bell); /* it is told of at once */
    return known || !ended;
}
