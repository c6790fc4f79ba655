/* The listener that Oozie calls when a job changes (-o callback=URL): it forgets what is kept of
 * that job and rings a bell, so that who waits asks at once. Nothing else is taken from a call.
 *
 * It is bound to the URL's host and port (0: any free one), and takes only a path that cannot be
 * guessed; the rest is 404. Bounded: KX_NOTICES_MAX connections, KX_NOTICE_BYTES_MAX each, for
 * KX_NOTICES_MS at most; who comes besides waits in the kernel's queue.
 *
 * Threads: one of its own; the functions may be called by any. */
#pragma once
#include "base/bell.h"
#include "base/error.h"
#include "base/log.h"
#include "base/stats.h"
#include "oozie/oozie.h"

#define KX_NOTICES_MAX 16
#define KX_NOTICES_MS  5000

struct kx_notices;

struct kx_notices_config {
    const char *url; /* "http://HOST:PORT", as Oozie reaches it */
    struct kx_oozie *oozie;
    struct kx_bell *bell;
    struct kx_stats *stats;
    struct kx_log *log; /* all of them borrowed for its life, but for the URL */
};

/** @return 0; -EINVAL: it is no such URL; -errno: there is no such address here, or it is taken. */
int kx_notices_new(const struct kx_notices_config *config, struct kx_notices **out,
                   struct kx_error *err);
void kx_notices_free(struct kx_notices *notices); /* NULL is fine */

/** "http://HOST:PORT/TOKEN/", behind which an id stands.  @return borrowed; NULL for NULL, and
 * while it does not listen. */
const char *kx_notices_url(const struct kx_notices *notices);

/** Calls are refused (404) from now on, or taken again. It begins with taking them. */
void kx_notices_switch(struct kx_notices *notices, bool on);

KX_DEFINE_AUTOPTR(kx_notices, kx_notices_free)
