/* DataNodes that redirects have named: where a small new file can be sent without asking the
 * NameNode first.
 *
 * Any DataNode takes any CREATE: which one a NameNode names only decides where the first replica
 * goes (measured, Hadoop 3.4.2; namenoderpcaddress= must be there, createparent= and overwrite= say
 * the same as to a NameNode). So known ones are taken in turn, and the NameNode is asked again and
 * again: soon while it names new ones, seldom when it does not, and at least every KX_KNOWN_MS.
 *
 * Only what is meant for everybody is remembered: a redirect to another host (HttpFS and gateways
 * name themselves), without a token or any parameter that is not known to be harmless. Where
 * redirects name different NameNodes (federation), or known DataNodes fail again and again, nothing
 * is remembered any more.
 *
 * Threads: all functions from any thread; its own mutex guards it (memory work only). */
#pragma once
#include <stdbool.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "rest/url.h"

#define KX_KNOWN_MAX    64    /* DataNodes; one more, and the oldest is forgotten */
#define KX_KNOWN_MS     60000 /* how long one is remembered after a redirect named it last */
#define KX_KNOWN_TURNS  64    /* requests between two redirects at most ... */
#define KX_KNOWN_FEW    4     /* ... and while redirects name new ones */
#define KX_KNOWN_FAILED 3     /* in a row, and it is not done any more */

struct kx_datanodes;

/** @clock borrowed for its life.  @return owned; nothing is known. */
struct kx_datanodes *kx_datanodes_new(const struct kx_clock *clock);
void kx_datanodes_free(struct kx_datanodes *datanodes); /* NULL is fine */

/** A redirect of a CREATE came from `endpoint`, to `url` (as kx_redirect_judge composed it). */
void kx_datanodes_learn(struct kx_datanodes *datanodes, const struct kx_endpoint *endpoint,
                        const char *url);

/* What is asked of one of them. All members are borrowed. */
struct kx_direct {
    const char *op, *user, *path; /* user NULL: none is sent */
    const char *params;           /* encoded "&name=value...", or NULL */
};

/** The URL at the one whose turn it is.  @return owned; NULL: the NameNode has to be asked. */
char *kx_datanodes_url(struct kx_datanodes *datanodes, const struct kx_direct *what);

/** An exchange with the DataNode of `url` failed (its connection, or what it answered to a request
 * that came without a redirect), or went well. */
void kx_datanodes_failed(struct kx_datanodes *datanodes, const char *url, bool direct);
void kx_datanodes_worked(struct kx_datanodes *datanodes);

KX_DEFINE_AUTOPTR(kx_datanodes, kx_datanodes_free)
