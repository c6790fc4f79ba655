/* Oozie's identifiers: 0000012-260101120000000-oozie-root-W, ...-C@3, ...-W@action.
 * Form: seven digits, a start time of 15 digits, the system's id, one letter for the kind; "@" and
 * a name or number for an action (Oozie 5.2.1, UUIDService and the recorded jobs). Threads: pure
 * functions. */
#pragma once
#include <glib.h>

#include "base/error.h"

enum kx_job_kind { KX_JOB_WORKFLOW, KX_JOB_COORDINATOR, KX_JOB_BUNDLE };

struct kx_job_id {
    enum kx_job_kind kind;
    char *job;    /* owned: without the action */
    char *action; /* owned: what stands behind "@"; NULL: the job itself */
};

/** @out filled on 0; free by kx_job_id_clear.  @return -EINVAL with the reason. */
int kx_job_id_parse(const char *text, struct kx_job_id *out, struct kx_error *err);
void kx_job_id_clear(struct kx_job_id *id);
