/* DataNodes that redirects have named: where a small new file can be sent, and a range be read,
 * without asking the NameNode first.
 *
 * Any DataNode takes any CREATE: which one a NameNode names only decides where the first replica
 * goes (measured, Hadoop 3.4.2; namenoderpcaddress= must be there, createparent= and overwrite= say
 * the same as to a NameNode). So known ones are taken in turn, and the NameNode is asked again and
 * again: soon while it names new ones, seldom when it does not, and at least every KX_KNOWN_MS.
 *
 * Any DataNode answers any OPEN, too (measured), but one without the block fetches it from another.
 * So a range goes to the one that was named for that part of the file (places.h). A small one that
 * has none goes to one that was named for another part of the file, and else to each in turn as
 * above, where those count that redirects of OPENs or of CREATEs have named; a large one is worth
 * a question to the NameNode. A DataNode that an OPEN's redirect has named takes no CREATE for
 * that: it has the old blocks, and is not where the NameNode wants new ones.
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

#define KX_DIRECT_SMALL_BYTES                                                                      \
    ((int64_t)1024 * 1024) /* of a range that any DataNode may be asked for                        \
                            */

struct kx_datanodes;

/** @clock borrowed for its life.  @return owned; nothing is known. */
struct kx_datanodes *kx_datanodes_new(const struct kx_clock *clock);
void kx_datanodes_free(struct kx_datanodes *datanodes); /* NULL is fine */

/* A range of a file, in bytes. */
struct kx_extent {
    int64_t offset, length;
};

/* What is asked of one of them. All members are borrowed. */
struct kx_direct {
    const char *op, *user, *path;  /* user NULL: none is sent */
    const char *params;            /* encoded "&name=value...", or NULL */
    const struct kx_extent *range; /* that an OPEN wants; NULL: it is a CREATE */
};

/** A redirect of what was asked came from `endpoint`, to `url` (as kx_redirect_judge composed it).
 */
void kx_datanodes_learn(struct kx_datanodes *datanodes, const struct kx_endpoint *endpoint,
                        const struct kx_direct *what, const char *url);

/** The URL at the one whose turn it is, or who has the range.  @return owned; NULL: the NameNode
 * has to be asked. */
char *kx_datanodes_url(struct kx_datanodes *datanodes, const struct kx_direct *what);

/** An exchange with the DataNode of `url` failed (its connection, or what it answered to a request
 * that came without a redirect), or went well. */
void kx_datanodes_failed(struct kx_datanodes *datanodes, const char *url, bool direct);
void kx_datanodes_worked(struct kx_datanodes *datanodes);

/** Another NameNode of the same cluster answers now: nothing is known until a redirect of it has
 * come, which may name itself by another address. */
void kx_datanodes_moved(struct kx_datanodes *datanodes);

/** What a DataNode refused, the NameNode has led to: it may have been the same one. */
void kx_datanodes_wrong(struct kx_datanodes *datanodes);

KX_DEFINE_AUTOPTR(kx_datanodes, kx_datanodes_free)
