/* What a node of /.oozie stands for. */
#include <errno.h>
#include <string.h>

#include "fs/mount.h"
#include "fs/names/identity.h"
#include "fs/services.h"
#include "fs/tree/oozie_private.h"
#include "fs/tree/shared.h"

struct kx_oozie *kx_oozie_of(const struct kx_tree_at *at, struct kx_error *err)
{
    struct kx_oozie *oozie = kx_services_oozie(at->mount->services);
    if (!oozie) kx_error_set(err, ENOENT, "this mount has no Oozie (-o oozie=URL)");
    return oozie;
}

int kx_oozie_there(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    (void)out;
    return kx_services_shown(at->mount->services, KX_SERVICE_OOZIE)
               ? 0
               : kx_error_set(err, ENOENT,
                              "no Oozie was found; /.cluster/mount/services says more");
}

/* Which kind of jobs a directory has. */
static enum kx_job_kind kind_of(const struct kx_tree_at *at)
{
    if (strstr(at->row->pattern, "/.oozie/coordinators/")) return KX_JOB_COORDINATOR;
    return strstr(at->row->pattern, "/.oozie/bundles/") ? KX_JOB_BUNDLE : KX_JOB_WORKFLOW;
}

/* Oozie forgets what ended long ago (purge): its words alone would make people doubt the id. */
static int ask_job(const struct kx_tree_at *at, struct kx_oozie *oozie, const struct kx_job_id *id,
                   struct kx_answer **record, struct kx_error *err)
{
    int result = kx_oozie_job(oozie, id, at->call, record, err);
    if (result != -ENOENT || !err) return result;
    g_autofree char *words = err->message;
    err->message = g_strconcat(words, " (" KX_OOZIE_PURGED ")", NULL);
    return result;
}

int kx_oozie_job_at(const struct kx_tree_at *at, struct kx_job_id *id, struct kx_answer **record,
                    struct kx_error *err)
{
    const char *text = kx_tree_bound(at, "id");
    struct kx_oozie *oozie = kx_oozie_of(at, err);
    *id = (struct kx_job_id){0};
    if (!oozie) return -ENOENT;
    if (kx_job_id_parse(text, id, NULL) < 0 || id->action || id->kind != kind_of(at))
        return kx_error_set(err, ENOENT, "%s: no such job here", text);
    return record ? ask_job(at, oozie, id, record, err) : 0;
}

static int64_t time_of(const struct kx_item *job, const char *member)
{
    g_autofree char *text = kx_item_text(job, member);
    return kx_oozie_time(text);
}

bool kx_oozie_describe(struct kx_mount *mount, const struct kx_item *job, struct kx_tree_look *out)
{
    g_autofree char *user = kx_item_text(job, "user");
    out->ctime_ms = time_of(job, "createdTime");
    out->mtime_ms = time_of(job, "lastModTime");
    if (!out->mtime_ms) out->mtime_ms = out->ctime_ms;
    out->owned = user && *user;
    if (out->owned) out->owner = kx_identity_uid(mount->identity, user);
    return g_strcmp0(user, kx_client_user(mount->client)) == 0;
}

int kx_oozie_job_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    int result = kx_oozie_job_at(at, &id, NULL, err);
    if (result < 0) return result;
    const struct kx_item *job = at->row->data ? kx_oozie_listed(at, &record) : NULL;
    if (!job) result = ask_job(at, kx_oozie_of(at, err), &id, &record, err);
    if (result < 0) return result;
    if (!job) job = kx_answer_root(record);
    out->mode = kx_oozie_describe(at->mount, job, out) ? KX_OOZIE_MODE_OWN : KX_OOZIE_MODE_OTHER;
    return 0;
}

int kx_oozie_ctl_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    int result = kx_oozie_job_at(at, &id, &record, err);
    if (result < 0) return result;
    g_autofree char *user = kx_item_text(kx_answer_root(record), "user");
    if (g_strcmp0(user, kx_client_user(at->mount->client)) != 0) out->mode &= ~(mode_t)0222;
    return 0;
}

int kx_oozie_action_at(const struct kx_tree_at *at, struct kx_answer **record,
                       const struct kx_item **action, struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    int result = kx_oozie_job_at(at, &id, record, err);
    if (result < 0) return result;
    const char *wanted = kx_tree_bound(at, "action");
    const char *member = id.kind == KX_JOB_WORKFLOW ? "name" : "actionNumber";
    const struct kx_item *all = kx_item_at(kx_answer_root(*record), "actions");
    for (size_t i = 0; i < kx_item_count(all); i++) {
        g_autofree char *name = kx_item_text(kx_item_element(all, i), member);
        if (g_strcmp0(name, wanted) != 0) continue;
        *action = kx_item_element(all, i);
        return 0;
    }
    kx_answer_unref(g_steal_pointer(record));
    return kx_error_set(err, ENOENT, "%s has no action %s", kx_tree_bound(at, "id"), wanted);
}

int kx_oozie_action_look(const struct kx_tree_at *at, struct kx_tree_look *out,
                         struct kx_error *err)
{
    g_autoptr(kx_answer) record = NULL;
    const struct kx_item *action = NULL;
    int result = kx_oozie_action_at(at, &record, &action, err);
    if (result < 0) return result;
    g_autofree char *ended = kx_item_text(action, "endTime");
    g_autofree char *began = kx_item_text(action, "startTime");
    out->mtime_ms = kx_oozie_time(ended ? ended : began);
    return 0;
}

void kx_oozie_add_member(const struct kx_item *item, const struct kx_oozie_member *member,
                         GString *out)
{
    g_autofree char *text = kx_item_text(item, member->name);
    int64_t ms = member->time ? kx_oozie_time(text) : 0;
    if (ms) {
        kx_shared_add_time(ms, out);
    } else if (text && strcmp(text, "-") != 0) { /* Oozie's word for nothing */
        g_string_append(out, text);
    }
}
