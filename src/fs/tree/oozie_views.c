/* Views of jobs: one request each, the newest first, a bounded number. */
#include <errno.h>
#include <string.h>

#include "fs/mount.h"
#include "fs/tree/oozie_private.h"

#define LISTED_MAX 200

/* "2026-11-22": of another text Oozie says that its SQL has failed. */
static bool is_day(const char *text)
{
    static const char FORM[] = "0000-00-00";
    size_t at = 0;
    while (FORM[at] && (FORM[at] == '0' ? g_ascii_isdigit(text[at]) : text[at] == '-'))
        at++;
    g_autofree char *midnight = g_strconcat(text, "T00:00:00Z", NULL);
    g_autoptr(GDateTime) day = g_date_time_new_from_iso8601(midnight, NULL);
    return !FORM[at] && !text[at] && day;
}

int kx_oozie_named_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    g_autofree char *filter = NULL;
    (void)out;
    return kx_oozie_view_filter(at, at->row->data, &filter, err);
}

int kx_oozie_view_filter(const struct kx_tree_at *at, const struct kx_oozie_view *view, char **out,
                         struct kx_error *err)
{
    *out = NULL;
    const char *value =
        view->with ? kx_tree_bound(at, view->with) : kx_client_user(at->mount->client);
    g_auto(GStrv) parts = g_strsplit(view->filter ? view->filter : "", "%s", -1);
    bool fills = g_strv_length(parts) > 1, whole = fills && !*parts[0];
    if (fills && !whole && value && strpbrk(value, ";="))
        return kx_error_set(err, ENOENT, "%s: no such name in Oozie", value);
    if (g_strcmp0(view->with, "day") == 0 && !is_day(value))
        return kx_error_set(err, ENOENT, "%s: a day is written as 2026-11-22", value);
    if (view->filter) *out = g_strjoinv(value ? value : "", parts);
    return 0;
}

/* @return borrowed; NULL: it is not among them. */
static const struct kx_item *find(const struct kx_answer *jobs, enum kx_job_kind kind,
                                  const char *wanted)
{
    const struct kx_item *list = kx_oozie_jobs(jobs, kind);
    for (size_t i = 0; i < MIN(kx_item_count(list), LISTED_MAX); i++) {
        g_autofree char *id = kx_oozie_text(kx_item_element(list, i), kind, "id");
        if (g_strcmp0(id, wanted) == 0) return kx_item_element(list, i);
    }
    return NULL;
}

/* @return a reference; NULL: it is not shared at this moment. */
static struct kx_answer *kept(const struct kx_tree_at *at)
{
    const struct kx_oozie_view *view = at->row->data;
    struct kx_oozie *oozie = kx_oozie_of(at, NULL);
    g_autofree char *filter = NULL;
    if (!oozie || kx_oozie_view_filter(at, view, &filter, NULL) < 0) return NULL;
    const struct kx_oozie_page page = {
        .kind = view->kind, .filter = filter, .offset = 1, .count = LISTED_MAX};
    return kx_oozie_list_kept(oozie, &page);
}

const struct kx_item *kx_oozie_listed(const struct kx_tree_at *at, struct kx_answer **answer)
{
    const struct kx_oozie_view *view = at->row->data;
    *answer = kept(at);
    const struct kx_item *job = *answer ? find(*answer, view->kind, kx_tree_bound(at, "id")) : NULL;
    if (!job) kx_answer_unref(g_steal_pointer(answer));
    return job;
}

/* It changed with the newest change of its jobs, as far as a listing has told of them: nobody asks
 * for one to look at the directory. */
int kx_oozie_folder_look(const struct kx_tree_at *at, struct kx_tree_look *out,
                         struct kx_error *err)
{
    const struct kx_oozie_view *view = at->row->data;
    g_autoptr(kx_answer) answer = kept(at);
    (void)err;
    if (!answer) return 0;
    const struct kx_item *list = kx_oozie_jobs(answer, view->kind);
    for (size_t i = 0; i < MIN(kx_item_count(list), LISTED_MAX); i++) {
        struct kx_tree_look job = {0};
        kx_oozie_describe(at->mount, kx_item_element(list, i), &job);
        out->mtime_ms = MAX(out->mtime_ms, job.mtime_ms);
    }
    return 0;
}

static int ask(const struct kx_tree_at *at, struct kx_answer **jobs, struct kx_error *err)
{
    const struct kx_oozie_view *view = at->row->data;
    struct kx_oozie *oozie = kx_oozie_of(at, err);
    g_autofree char *filter = NULL;
    int result = oozie ? kx_oozie_view_filter(at, view, &filter, err) : -ENOENT;
    const struct kx_oozie_page page = {
        .kind = view->kind, .filter = filter, .offset = 1, .count = LISTED_MAX};
    return result < 0 ? result : kx_oozie_list(oozie, &page, at->call, jobs, err);
}

static int count_of(const struct kx_tree_at *at, int64_t *out, struct kx_error *err)
{
    g_autoptr(kx_answer) jobs = NULL;
    int result = ask(at, &jobs, err);
    if (result == 0) *out = kx_item_number(kx_answer_root(jobs), "total", 0);
    return result;
}

int kx_oozie_more(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    int64_t total = 0;
    int result = count_of(at, &total, err);
    if (result < 0) return result;
    g_string_append_printf(out,
                           "The newest %d of %" G_GINT64_FORMAT " jobs are listed.\n"
                           "by-user/USER, by-name/NAME, by-day/YYYY-MM-DD and q/FILTER say less.\n",
                           LISTED_MAX, total);
    return 0;
}

int kx_oozie_more_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    int64_t total = 0;
    (void)out;
    int result = count_of(at, &total, err);
    if (result < 0) return result;
    return total > LISTED_MAX ? 0 : kx_error_set(err, ENOENT, "all jobs of this view are listed");
}

int kx_oozie_view_names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    const struct kx_oozie_view *view = at->row->data;
    g_autoptr(kx_answer) jobs = NULL;
    int result = ask(at, &jobs, err);
    if (result < 0) return result;
    const struct kx_item *list = kx_oozie_jobs(jobs, view->kind);
    for (size_t i = 0; i < MIN(kx_item_count(list), LISTED_MAX); i++) {
        g_autofree char *name = kx_oozie_text(kx_item_element(list, i), view->kind, "id");
        struct kx_job_id id;
        if (!name || kx_job_id_parse(name, &id, NULL) < 0) continue;
        if (!id.action) g_ptr_array_add(out, g_steal_pointer(&name));
        kx_job_id_clear(&id);
    }
    return 0;
}

/* Whether it is in the view is what the listing says, as are its times and its owner. */
int kx_oozie_view_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    const struct kx_oozie_view *view = at->row->data;
    const char *wanted = kx_tree_bound(at, "id");
    g_autoptr(kx_answer) jobs = NULL;
    int result = ask(at, &jobs, err);
    if (result < 0) return result;
    const struct kx_item *job = find(jobs, view->kind, wanted);
    if (!job) return kx_error_set(err, ENOENT, "%s is not among these jobs", wanted);
    kx_oozie_describe(at->mount, job, out);
    return 0;
}
