/* The last pages of listings, kept a short while: a name that was just listed needs no request of
 * its own.
 *
 * The kernel does not always take attributes with a listing, and a slow reader comes back for an
 * entry when its attributes have expired: without this each would be one request, 10,000 for a
 * folder that was listed with ten. Threads: any.  Memory: KX_PAGES_MAX pages. */
#pragma once
#include "base/cleanup.h"
#include "rest/status.h"

#define KX_PAGES_MAX 8

struct kx_pages;

struct kx_pages *kx_pages_new(void);
void kx_pages_free(struct kx_pages *pages);

/** Forget all. */
void kx_pages_drop(struct kx_pages *pages);

/* Where and when a page came from. */
struct kx_page_origin {
    uint64_t directory; /* node number */
    const char
        *after;     /* the name before its first entry, borrowed; NULL: the directory's beginning */
    uint64_t epoch; /* of the inode table when it was asked for */
    int64_t asked_ms;
    int64_t came_ms; /* or asked_ms, where it is not to count for longer */
};

/** How many entries a page of this server has, as the last one with more behind it has shown; 1000
 * (dfs.ls.limit) until then. */
int64_t kx_pages_limit(struct kx_pages *pages);

/** Keep a copy, in place of the oldest. */
void kx_pages_put(struct kx_pages *pages, const struct kx_page_origin *origin,
                  const struct kx_page *page);

/** Look a name up in the pages of a directory that came at or after `since_ms`.
 *  @return 1: @status a copy, @origin when it came (its `after` is NULL); 0: not known. That a page
 * does not have a name says nothing: another client may have made it since, and a name that was
 * never asked for must be looked up. */
int kx_pages_find(struct kx_pages *pages, uint64_t directory, const char *name, int64_t since_ms,
                  struct kx_status *status, struct kx_page_origin *origin);

/* The files of a directory, from several pages. */
struct kx_names {
    GArray *files;  /* of struct kx_status, each name once, in the order of names */
    uint64_t epoch; /* the least of the pages */
    int64_t came_ms;
};
void kx_names_clear(struct kx_names *names);

/** All files that the pages of a directory know which came at or after `since_ms`, and were asked
 * for at `epoch` or later.  @out to be cleared; empty when there are none. */
void kx_pages_files(struct kx_pages *pages, uint64_t directory, int64_t since_ms, uint64_t epoch,
                    struct kx_names *out);

/** @return where in the files a name is; -1: nowhere. */
int kx_names_find(const struct kx_names *names, const char *name);

/** The order of a NameNode's listings, as strcmp: bytes are signed there (DFSUtil.compareBytes), so
 * letters beyond ASCII come first. */
int kx_name_order(const char *a, const char *b);

KX_DEFINE_AUTOPTR(kx_pages, kx_pages_free)
