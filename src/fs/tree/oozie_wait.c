/* Files that wait: for the end of a job, for jobs that change. */
#include <errno.h>
#include <string.h>

#include "fs/mount.h"
#include "fs/notices.h"
#include "fs/services.h"
#include "fs/tree/oozie_private.h"
#include "fs/tree/shared.h"
#include "fs/tree/waiting.h"

#define WATCHED 200   /* the newest jobs of each kind */
#define TOLD_MS 30000 /* between two looks at a job of which Oozie tells by itself */

/* --- wait --- */
struct end {
    struct kx_mount *mount;
    struct kx_oozie *oozie;
    struct kx_job_id id;
    bool told; /* Oozie will call it for this job */
};

static void end_free(void *what)
{
    struct end *end = what;
    kx_job_id_clear(&end->id);
    g_free(end);
}

static int ask_for_end(void *what, const struct kx_call *call, GString *out, struct kx_error *err)
{
    struct end *end = what;
    g_autoptr(kx_answer) job = NULL;
    int result = kx_oozie_job(end->oozie, &end->id, call, &job, err);
    if (result < 0) return result;
    g_autofree char *status = kx_item_text(kx_answer_root(job), "status");
    g_autofree char *conf = kx_item_text(kx_answer_root(job), "conf");
    const char *callback = kx_notices_url(end->mount->notices);
    /* Of the end of a coordinator or bundle nobody is told. */
    end->told = callback && end->id.kind == KX_JOB_WORKFLOW && conf && strstr(conf, callback);
    if (!kx_oozie_ended(status)) return 0;
    g_string_append_printf(out, "%s\n", status);
    return 1;
}

/* As `poll` has told, else as usual. */
static int64_t pause_of(const struct kx_mount *mount)
{
    int64_t told_ms = (int64_t)g_atomic_int_get(&mount->poll_s) * 1000;
    return told_ms ? told_ms : KX_WAITING_STEP_MS;
}

static int64_t pause_of_end(void *what)
{
    const struct end *end = what;
    return MAX(end->told ? TOLD_MS : 0, pause_of(end->mount));
}

static int open_wait(const struct kx_tree_at *at, void **state, struct kx_error *err)
{
    struct end *end = g_new0(struct end, 1);
    const struct kx_waiting_for wanted = {.what = end,
                                          .free = end_free,
                                          .ask = ask_for_end,
                                          .pause_ms = pause_of_end,
                                          .bell = at->mount->bell};
    end->mount = at->mount;
    end->oozie = kx_oozie_of(at, err);
    int result = kx_oozie_job_at(at, &end->id, NULL, err);
    if (result < 0)
        end_free(end);
    else
        kx_waiting_open(&wanted, state);
    return result;
}

const struct kx_tree_stream kx_oozie_wait_stream = KX_WAITING_STREAM(open_wait);

/* --- events --- */
struct events {
    const struct kx_mount *mount;
    struct kx_oozie *oozie;
    const struct kx_clock *clock;
    GHashTable *known; /* id -> status, of the jobs that were seen last; NULL: none were yet */
};

static void events_free(void *what)
{
    struct events *events = what;
    if (events->known) g_hash_table_destroy(events->known);
    g_free(events);
}

static void add_event(const struct events *events, const char *id, const char *before,
                      const char *status, GString *out)
{
    kx_shared_add_time(events->clock->wall_ms(events->clock), out);
    g_string_append_printf(out, "\t%s\t%s\t%s\n", id, before ? before : "-", status);
}

/* What a listing has that is not as it was.  @now gets all that it has. */
static void compare(const struct events *events, const struct kx_answer *listing,
                    enum kx_job_kind kind, GHashTable *now, GString *out)
{
    const struct kx_item *jobs = kx_oozie_jobs(listing, kind);
    for (size_t i = kx_item_count(jobs); i-- > 0;) { /* the oldest first */
        char *id = kx_oozie_text(kx_item_element(jobs, i), kind, "id");
        char *status = kx_oozie_text(kx_item_element(jobs, i), kind, "status");
        const char *before = events->known && id ? g_hash_table_lookup(events->known, id) : NULL;
        if (events->known && id && status && g_strcmp0(before, status) != 0)
            add_event(events, id, before, status, out);
        if (id)
            g_hash_table_insert(now, id, status ? status : g_strdup(""));
        else
            g_free(status);
    }
}

/* What was seen stays as it was unless all kinds have answered. */
static int ask_for_events(void *what, const struct kx_call *call, GString *out,
                          struct kx_error *err)
{
    static const enum kx_job_kind KINDS[] = {KX_JOB_BUNDLE, KX_JOB_COORDINATOR, KX_JOB_WORKFLOW};
    struct events *events = what;
    struct kx_answer *listings[G_N_ELEMENTS(KINDS)] = {NULL};
    int result = 0;
    for (size_t i = 0; result == 0 && i < G_N_ELEMENTS(KINDS); i++) {
        const struct kx_oozie_page page = {.kind = KINDS[i], .offset = 1, .count = WATCHED};
        result = kx_oozie_list(events->oozie, &page, call, &listings[i], err);
    }
    if (result == 0) {
        GHashTable *now = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        for (size_t i = 0; i < G_N_ELEMENTS(KINDS); i++)
            compare(events, listings[i], KINDS[i], now, out);
        if (events->known) g_hash_table_destroy(events->known);
        events->known = now;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(KINDS); i++)
        kx_answer_unref(listings[i]);
    return result;
}

static int64_t pause_of_events(void *what)
{
    return pause_of(((const struct events *)what)->mount);
}

static int open_events(const struct kx_tree_at *at, void **state, struct kx_error *err)
{
    struct kx_oozie *oozie = kx_oozie_of(at, err);
    if (!oozie) return -ENOENT;
    struct events *events = g_new0(struct events, 1);
    const struct kx_waiting_for wanted = {.what = events,
                                          .free = events_free,
                                          .ask = ask_for_events,
                                          .pause_ms = pause_of_events,
                                          .bell = at->mount->bell};
    events->mount = at->mount;
    events->oozie = oozie;
    events->clock = at->mount->clock;
    kx_waiting_open(&wanted, state);
    return 0;
}

const struct kx_tree_stream kx_oozie_events_stream = KX_WAITING_STREAM(open_events);
