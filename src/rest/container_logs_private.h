/* What the files container_logs*.c share. Nobody else includes it.
 * Threads: a source is one caller's. */
#pragma once
#include "rest/collected_logs.h"

/* One who may have a container's logs. */
struct kx_logs_source {
    struct kx_service *service; /* borrowed from `own`, or the history server */
    struct kx_service *own;
    const char *path; /* below which its logs are */
    char *params;     /* what each request has; NULL: nothing */
    bool live;        /* a NodeManager ... */
    bool gateway;     /* ... behind a gateway */
};
#define KX_LOGS_SOURCES 2 /* the NodeManager, the history server */

/** @out cleared by the caller, also after an error.  @return -ENOENT: there is no such source. */
int kx_logs_source(struct kx_logs *logs, const struct kx_log_name *name, int number,
                   const struct kx_call *call, struct kx_logs_source *out, struct kx_error *err);
void kx_logs_source_clear(struct kx_logs_source *source);

/** A request to it failed: a reason that says more, where there is one.  @return the result. */
int kx_logs_source_failed(const struct kx_logs_source *source, int result, struct kx_error *err);

/** Has the application ended, as far as YARN says? */
bool kx_logs_ended(struct kx_logs *logs, const char *app, const struct kx_call *call);

/** What was said of a container's logs is asked for anew. */
void kx_logs_forget(struct kx_logs *logs, const char *container);

struct kx_collected *kx_logs_collected(struct kx_logs *logs); /* borrowed */
