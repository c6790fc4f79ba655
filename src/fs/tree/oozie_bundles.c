/* The coordinators of a bundle. */
#include <errno.h>
#include <string.h>

#include "fs/tree/oozie_private.h"
#include "fs/tree/shared.h"

/* One whose name cannot be a file's has its id.  @return owned; NULL: it is not there yet. */
static char *name_of(const struct kx_item *coordinator)
{
    g_autofree char *name = kx_item_text(coordinator, "coordJobName");
    g_autofree char *id = kx_item_text(coordinator, "coordJobId");
    if (!kx_shared_is_name(id)) return NULL;
    return g_strdup(kx_shared_is_name(name) ? name : id);
}

int kx_oozie_members(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    int result = kx_oozie_job_at(at, &id, &record, err);
    if (result < 0) return result;
    const struct kx_item *all = kx_item_at(kx_answer_root(record), "bundleCoordJobs");
    for (size_t i = 0; i < kx_item_count(all); i++) {
        char *name = name_of(kx_item_element(all, i));
        if (name) g_ptr_array_add(out, name);
    }
    return 0;
}

int kx_oozie_member_target(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    g_autoptr(kx_answer) record = NULL;
    const char *wanted = kx_tree_bound(at, "name");
    int result = kx_oozie_job_at(at, &id, &record, err);
    if (result < 0) return result;
    const struct kx_item *all = kx_item_at(kx_answer_root(record), "bundleCoordJobs");
    for (size_t i = 0; i < kx_item_count(all); i++) {
        g_autofree char *name = name_of(kx_item_element(all, i));
        g_autofree char *its_id = kx_item_text(kx_item_element(all, i), "coordJobId");
        if (g_strcmp0(name, wanted) != 0) continue;
        g_string_append_printf(out, "../../../coordinators/%s", its_id);
        return 0;
    }
    return kx_error_set(err, ENOENT, "%s: the bundle has no such coordinator", wanted);
}
