#include "oozie/job_id.h"

#include <errno.h>
#include <string.h>

#define NUMBER_DIGITS 7
#define TIME_DIGITS   15
#define ID_BYTES_MAX  255 /* it is a file name in the job tree */

static gboolean digits(const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!g_ascii_isdigit(text[i])) return FALSE;
    return TRUE;
}

/* "0000012-260101120000000-SYSTEM-W": is it, and of which kind? */
static gboolean job_kind(const char *job, size_t length, enum kx_job_kind *kind)
{
    const size_t head = NUMBER_DIGITS + 1 + TIME_DIGITS + 1;
    if (length < head + 3 || !digits(job, NUMBER_DIGITS) || job[NUMBER_DIGITS] != '-') return FALSE;
    if (!digits(job + NUMBER_DIGITS + 1, TIME_DIGITS) || job[head - 1] != '-') return FALSE;
    for (size_t i = head; i < length; i++)
        if (!g_ascii_isalnum(job[i]) && !strchr("-_.", job[i])) return FALSE;
    const char *letter = strchr("WCB", job[length - 1]);
    if (!letter || job[length - 2] != '-') return FALSE;
    *kind = *letter == 'W' ? KX_JOB_WORKFLOW : *letter == 'C' ? KX_JOB_COORDINATOR : KX_JOB_BUNDLE;
    return TRUE;
}

int kx_job_id_parse(const char *text, struct kx_job_id *out, struct kx_error *err)
{
    const char *at = strchr(text, '@');
    size_t length = at ? (size_t)(at - text) : strlen(text);
    enum kx_job_kind kind;
    if (strlen(text) > ID_BYTES_MAX || !job_kind(text, length, &kind) ||
        (at && (!at[1] || strchr(at, '/'))))
        return kx_error_set(
            err, EINVAL,
            "not an Oozie id: %.80s (expected 0000000-YYMMDDhhmmssmmm-SYSTEM-W, -C or -B, "
            "with @ACTION for an action)",
            text);
    *out = (struct kx_job_id){
        .kind = kind, .job = g_strndup(text, length), .action = at ? g_strdup(at + 1) : NULL};
    return 0;
}

void kx_job_id_clear(struct kx_job_id *id)
{
    g_free(id->job);
    g_free(id->action);
    *id = (struct kx_job_id){0};
}
