/* What Oozie tells of a job's change: a GET of an URL that the job's configuration has, with its id
 * in the place of "$jobId" or "$actionId". What it says is a hint only: the server is asked then.
 *
 * Oozie 5.2.1 takes 200 as an answer, asks three times otherwise, and looks at no body.
 *
 * Threads: pure functions. */
#pragma once
#include "oozie/job_id.h"

#define KX_NOTICE_BYTES_MAX 4096 /* of a request with its headers */

/** Read a request: "GET /TOKEN/ID HTTP/1.1", then headers that nobody reads.
 *  @job owned on 0: the job, without an action.
 *  @return 0; -EAGAIN: there is more to come; -ENOENT: another path; -EINVAL: it is no request, or
 * more than KX_NOTICE_BYTES_MAX. */
int kx_notice_read(const char *bytes, size_t length, const char *token, char **job);
