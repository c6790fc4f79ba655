/* A workflow, coordinator or bundle as its author wrote it: what it is, and which values it wants.
 *
 * Threads: pure functions.  Errors: -EINVAL with the line: it is no XML, or something else. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "oozie/job_id.h"
#include "rest/configuration.h"

struct kx_application {
    enum kx_job_kind kind;
    char *name;             /* owned; as written, ${...} in it included; "" when absent */
    char *frequency;        /* owned; of a coordinator, as written; else NULL */
    bool level;             /* it has a service level (<sla:info>) */
    GPtrArray *wanted;      /* of owned strings: the NAMEs of ${NAME}, each once, in order */
    GPtrArray *expressions; /* the same of what stands in longer ${...}: known at run time only */
    struct kx_configuration *defaults; /* of <parameters> */
};

/** @out filled on 0; free by kx_application_clear. */
int kx_application_read(const char *text, size_t length, struct kx_application *out,
                        struct kx_error *err);
void kx_application_clear(struct kx_application *application);

/** "workflow.xml" and the property that names where it is. */
const char *kx_application_file(enum kx_job_kind kind);
const char *kx_application_property(enum kx_job_kind kind);

/** The names that neither the application's defaults nor these values have.  @return owned, with
 * blanks between; "" when none is missing. */
char *kx_application_missing(const struct kx_application *application,
                             const struct kx_configuration *values);
