/* The verbs that are about alerts of a service level. */
#include <errno.h>
#include <string.h>

#include "fs/tree/oozie_private.h"

/* @whose of a coordinator runs, of a bundle names of coordinators; NULL: all. */
static int set_sla(const struct kx_tree_at *at, const char *action, const char *changes,
                   const char *whose, struct kx_error *err)
{
    __attribute__((cleanup(kx_job_id_clear))) struct kx_job_id id = {0};
    int result = kx_oozie_job_at(at, &id, NULL, err);
    if (result < 0) return result;
    bool bundle = id.kind == KX_JOB_BUNDLE;
    const struct kx_oozie_sla sla = {.action = action,
                                     .scope = bundle ? NULL : whose,
                                     .coordinators = bundle ? whose : NULL,
                                     .changes = changes};
    return kx_oozie_set_sla(kx_oozie_of(at, err), &id, &sla, at->call, err);
}

int kx_oozie_sla_enable(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    return set_sla(at, "sla-enable", NULL, argument, err);
}

int kx_oozie_sla_disable(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    return set_sla(at, "sla-disable", NULL, argument, err);
}

/* A value may have blanks in it, runs and names have none: "sla-max-duration=${30 * MINUTES} 1-3".
 */
int kx_oozie_sla_change(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    g_autofree char *changes = g_strdup(argument);
    const char *brace = strrchr(changes, '}');
    char *whose = strrchr(changes, ' ');
    if (whose && (!brace || brace < whose))
        *whose++ = 0;
    else
        whose = NULL;
    return set_sla(at, "sla-change", g_strstrip(changes), whose && *whose ? whose : NULL, err);
}
