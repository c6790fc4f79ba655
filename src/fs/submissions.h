/* What was written into /.oozie/submit: documents by name, each with what became of it.
 *
 * A name that ends in .xml is a workflow, coordinator or bundle; one in .properties says where one
 * is. They are submitted when they are complete; every other name (and one that begins with '.' or
 * ends in '~') is only kept, for editors. defaults.properties has the values that go with every
 * submission; until somebody writes it, it has what could be learned of the cluster.
 *
 * An application goes to a folder of its own in HDFS, /user/USER/.knoxfs/apps/..., which is removed
 * when Oozie refuses it, so that no application is ever mixed with another one.
 *
 * Threads: any; its own mutex guards it (memory work only).  Bounded: KX_SUBMISSIONS_MAX names,
 * KX_SUBMISSIONS_BYTES of text. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "fs/services.h"
#include "rest/client.h"

#define KX_SUBMISSIONS_MAX   256
#define KX_SUBMISSIONS_BYTES ((size_t)64 * 1024 * 1024)
#define KX_DEFAULTS_NAME     "defaults.properties"

struct kx_submissions;

/** Both borrowed for its life.  @return owned. */
struct kx_submissions *kx_submissions_new(struct kx_client *client, struct kx_services *services);
void kx_submissions_free(struct kx_submissions *all); /* NULL is fine */

/* What is known of one name; all owned. */
struct kx_submission {
    GBytes *text;
    char *id;           /* of the newest job; NULL: there is none, or the newest was refused */
    char *ids;          /* of all, a line each, the newest last */
    char *error;        /* why the newest was refused, as a text of lines; NULL */
    int64_t changed_ms; /* since the epoch */
};
/** @return 0; -ENOENT. */
int kx_submissions_find(struct kx_submissions *all, const char *name, struct kx_submission *out,
                        struct kx_error *err);
void kx_submission_clear(struct kx_submission *submission);
void kx_submissions_names(struct kx_submissions *all, GPtrArray *out); /* owned strings, sorted */

/** The name is there, and empty.  @return 0; -ENOSPC; -EBUSY: it is on its way to Oozie. */
int kx_submissions_make(struct kx_submissions *all, const char *name, struct kx_error *err);

/** A text was closed under the name; as `put` of struct kx_tree_drop. What is submitted is
 * submitted once. */
int kx_submissions_put(struct kx_submissions *all, const char *name, GBytes *text, bool last,
                       const struct kx_call *call, struct kx_error *err);

/** Forget it; no job is ended. */
int kx_submissions_remove(struct kx_submissions *all, const char *name, struct kx_error *err);

/** The text gets another name, whatever was there, and is submitted if that is one of a document.
 */
int kx_submissions_rename(struct kx_submissions *all, const char *name, const char *to,
                          const struct kx_call *call, struct kx_error *err);

KX_DEFINE_AUTOPTR(kx_submissions, kx_submissions_free)
