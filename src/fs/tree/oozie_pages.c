/* Listings of any number of jobs, the newest first: a page is one request.
 *
 * A server that has to sort a long history for each page of it is slow (Oozie 5.2.1 on Derby: all
 * of it, seconds for 100,000 jobs), while a filter by the time of submission is found by an index.
 * So after the first page what follows is asked for by spans of time, going back, as long as the
 * last ones would have had to be to fill most of a page; times of a filter are whole minutes. What
 * two spans have in common is left out the second time. New jobs change nothing below the first
 * page, and of those that are purged meanwhile none is missed but they.
 *
 * A filter that has times of its own is walked by offsets: pages begin with the last jobs of the
 * page before, and when none of these is there again the listing goes back. */
#include <errno.h>
#include <string.h>

#include "fs/mount.h"
#include "fs/tree/oozie_private.h"

#define PAGE        1000 /* jobs; some 600 bytes of JSON each */
#define WANTED      900  /* of a span of time, so that one page has them all */
#define OVERLAP     20
#define BACK        (PAGE / 2) /* steps of going back */
#define GROWTH      8          /* at most, from one span to the next */
#define MINUTE_MS   60000
#define OLDEST_MS   G_GINT64_CONSTANT(1199145600000) /* 2008: before Oozie */
#define TIME_OF_ITS "createdtime"                    /* what a filter's own times are called */

struct all {
    struct kx_mount *mount;
    struct kx_oozie *oozie;
    enum kx_job_kind kind;
    char *filter;     /* NULL: none */
    bool by_offset;   /* spans of time are not to be used */
    int offset;       /* of the next page, from 1 */
    int64_t to_min;   /* minutes since the epoch: the span's end; 0: there is none yet */
    int64_t span_min; /* its length */
    int64_t total;    /* of the first page */
    bool here;        /* the jobs are directories, not links */
    GHashTable *seen; /* a set of hashes of ids, 8 bytes each: two jobs of 10^5 are the same one in
                         10^9 listings */
};

/* One answer. */
struct page {
    const struct kx_item *jobs;
    size_t count;
    bool known;                   /* one of them had been seen */
    int64_t newest_ms, oldest_ms; /* when they were submitted; 0: it is not told */
    int64_t from_min;             /* of its span; 0: all that is older */
};

static int open_all(const struct kx_tree_at *at, void **state, struct kx_error *err)
{
    const struct kx_oozie_view *view = at->row->data;
    struct kx_oozie *oozie = kx_oozie_of(at, err);
    g_autofree char *filter = NULL;
    int result = oozie ? kx_oozie_view_filter(at, view, &filter, err) : -ENOENT;
    if (result < 0) return result;
    struct all *all = g_new0(struct all, 1);
    g_autofree char *lower = g_ascii_strdown(filter ? filter : "", -1);
    all->mount = at->mount;
    all->here = view->here;
    all->oozie = oozie;
    all->kind = view->kind;
    all->by_offset = strstr(lower, TIME_OF_ITS) != NULL;
    all->filter = g_steal_pointer(&filter);
    all->offset = 1;
    all->seen = g_hash_table_new(NULL, NULL);
    *state = all;
    return 0;
}

static void close_all(void *state)
{
    struct all *all = state;
    g_hash_table_destroy(all->seen);
    g_free(all->filter);
    g_free(all);
}

/* FNV-1a */
static gpointer hash_of(const char *id)
{
    uint64_t hash = G_GUINT64_CONSTANT(14695981039346656037);
    for (; *id; id++)
        hash = (hash ^ (unsigned char)*id) * G_GUINT64_CONSTANT(1099511628211);
    return (gpointer)(uintptr_t)hash;
}

static bool is_id(const char *text, enum kx_job_kind kind)
{
    struct kx_job_id id;
    if (!text || kx_job_id_parse(text, &id, NULL) < 0) return false;
    bool fits = !id.action && id.kind == kind;
    kx_job_id_clear(&id);
    return fits;
}

static int64_t time_of(const struct kx_item *job, enum kx_job_kind kind, const char *what)
{
    g_autofree char *text = kx_oozie_text(job, kind, what);
    return kx_oozie_time(text);
}

/* @return whether it had been seen. */
static bool add_job(struct all *all, const struct kx_item *job, GPtrArray *values, GArray *looks)
{
    g_autofree char *name = kx_oozie_text(job, all->kind, "id");
    if (!is_id(name, all->kind)) return false;
    if (!g_hash_table_add(all->seen, hash_of(name))) return true;
    struct kx_tree_look look = {.keep_ms = KX_OOZIE_LIST_MS};
    bool own = kx_oozie_describe(all->mount, job, &look);
    if (all->here) look.mode = own ? KX_OOZIE_MODE_OWN : KX_OOZIE_MODE_OTHER;
    g_ptr_array_add(values, g_steal_pointer(&name));
    g_array_append_val(looks, look);
    return false;
}

static void add_time(GString *filter, const char *name, int64_t minutes)
{
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(minutes * (MINUTE_MS / 1000));
    g_autofree char *stamp = g_date_time_format(at, "%Y-%m-%dT%H:%MZ");
    g_string_append_printf(filter, "%s%s=%s", filter->len ? ";" : "", name, stamp);
}

/* What is left when little is: no more need to guess how far back it is. */
static int64_t from_of(const struct all *all)
{
    const int64_t left = all->total - (int64_t)g_hash_table_size(all->seen);
    const int64_t from = all->to_min - all->span_min;
    return left <= PAGE / 2 || from * MINUTE_MS < OLDEST_MS ? 0 : from;
}

static int ask_page(const struct all *all, struct page *page, const struct kx_call *call,
                    struct kx_answer **answer, struct kx_error *err)
{
    g_autoptr(GString) filter = g_string_new(all->filter);
    page->from_min = all->to_min ? from_of(all) : 0;
    if (page->from_min) add_time(filter, "start" TIME_OF_ITS, page->from_min);
    if (all->to_min) add_time(filter, "end" TIME_OF_ITS, all->to_min);
    const struct kx_oozie_page wanted = {.kind = all->kind,
                                         .filter = filter->len ? filter->str : NULL,
                                         .offset = all->offset,
                                         .count = PAGE,
                                         .alone = all->to_min || all->offset > 1};
    int result = kx_oozie_list(all->oozie, &wanted, call, answer, err);
    if (result < 0) return result;
    page->jobs = kx_oozie_jobs(*answer, all->kind);
    page->count = kx_item_count(page->jobs);
    if (!page->count) return 0;
    page->newest_ms = time_of(kx_item_element(page->jobs, 0), all->kind, "created");
    page->oldest_ms = time_of(kx_item_element(page->jobs, page->count - 1), all->kind, "created");
    return 0;
}

/* @return 0: there is more; 1: that was all. */
static int go_on_by_offset(struct all *all, const struct page *page)
{
    if (!page->known && all->offset > 1) {
        all->offset = MAX(1, all->offset - BACK);
        return 0;
    }
    all->offset += (int)page->count - OVERLAP;
    return page->count < PAGE ? 1 : 0;
}

/* A full page ends where its oldest job is; so many in one minute are walked by offsets. */
static void go_on_below(struct all *all, const struct page *page)
{
    const int64_t end = page->oldest_ms / MINUTE_MS + 1;
    const int64_t began = all->to_min ? all->to_min : page->newest_ms / MINUTE_MS + 1;
    if (all->to_min && end >= all->to_min) {
        all->offset += PAGE - OVERLAP;
        return;
    }
    all->span_min = MAX(1, (began - end) * WANTED / PAGE);
    all->to_min = end;
    all->offset = 1;
}

static int go_on_by_time(struct all *all, const struct page *page)
{
    if (page->count == PAGE) {
        go_on_below(all, page);
        return 0;
    }
    if (!page->from_min) return 1;
    const int64_t wanted =
        page->count ? all->span_min * WANTED / (int64_t)page->count : all->span_min * GROWTH;
    all->to_min = page->from_min;
    all->span_min = CLAMP(wanted, 1, all->span_min * GROWTH);
    all->offset = 1;
    return 0;
}

/* @return 0: ask for the next one; 1: it was the last; -errno. */
static int take_page(struct all *all, const struct kx_call *call, GPtrArray *values, GArray *looks,
                     struct kx_error *err)
{
    struct page page = {0};
    g_autoptr(kx_answer) answer = NULL;
    int result = ask_page(all, &page, call, &answer, err);
    if (result < 0) return result;
    for (size_t i = 0; i < page.count; i++)
        if (add_job(all, kx_item_element(page.jobs, i), values, looks)) page.known = true;
    if (!all->to_min && all->offset == 1) {
        all->total = kx_item_number(kx_answer_root(answer), "total", 0);
        all->by_offset = all->by_offset || !page.newest_ms || !page.oldest_ms;
    }
    return all->by_offset ? go_on_by_offset(all, &page) : go_on_by_time(all, &page);
}

/* A page of jobs that were all seen is none. */
static int next_jobs(void *state, const struct kx_call *call, GPtrArray *values, GArray *looks,
                     struct kx_error *err)
{
    int result = 0;
    while (result == 0 && values->len == 0)
        result = take_page(state, call, values, looks, err);
    return result;
}

const struct kx_tree_pages kx_oozie_pages = {
    .open = open_all, .close = close_all, .next = next_jobs};

/* What the server would have to be asked for: is a job among those of its own filter? */
static int ask_filter(const struct kx_tree_at *at, const struct kx_oozie_view *view,
                      struct kx_tree_look *out, struct kx_error *err)
{
    g_autofree char *filter = NULL, *one = NULL;
    g_autoptr(kx_answer) answer = NULL;
    int result = kx_oozie_view_filter(at, view, &filter, err);
    if (result < 0) return result;
    one = g_strconcat(filter, ";id=", kx_tree_bound(at, "id"), NULL);
    const struct kx_oozie_page page = {.kind = view->kind, .filter = one, .offset = 1, .count = 1};
    result = kx_oozie_list(kx_oozie_of(at, err), &page, at->call, &answer, err);
    if (result < 0) return result;
    const struct kx_item *jobs = kx_oozie_jobs(answer, view->kind);
    if (kx_item_count(jobs)) kx_oozie_describe(at->mount, kx_item_element(jobs, 0), out);
    return kx_item_number(kx_answer_root(answer), "total", 0) ? 1 : 0;
}

/* What the job itself tells, and its other files need anyway.  @return 1: it is one of them. */
static int ask_job(const struct kx_tree_at *at, const struct kx_oozie_view *view,
                   struct kx_tree_look *out, struct kx_error *err)
{
    const char *member = strcmp(view->with, "user") == 0   ? "user"
                         : strcmp(view->with, "name") == 0 ? "appName"
                                                           : NULL;
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    if (!member) return ask_filter(at, view, out, err);
    int result = kx_oozie_job_at(at, &id, &record, err);
    if (result < 0) return result;
    kx_oozie_describe(at->mount, kx_answer_root(record), out);
    g_autofree char *value = kx_item_text(kx_answer_root(record), member);
    return g_strcmp0(value, kx_tree_bound(at, view->with)) == 0 ? 1 : 0;
}

int kx_oozie_pages_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    const struct kx_oozie_view *view = at->row->data;
    const char *wanted = kx_tree_bound(at, "id");
    if (!is_id(wanted, view->kind)) return kx_error_set(err, ENOENT, "%s is no job's id", wanted);
    int result = ask_job(at, view, out, err);
    return result < 0 ? result
           : result   ? 0
                      : kx_error_set(err, ENOENT, "%s is not among these jobs", wanted);
}
