/* What was written into /.oozie/submit: documents by name, each with what became of it.
 *
 * A name that ends in .xml is a workflow, coordinator or bundle; one in .properties says where one
 * is. They are submitted when they are complete; every other name (and one that begins with '.' or
 * ends in '~') is only kept, for editors. defaults.properties has the values that go with every
 * submission; until somebody writes it, it has what could be learned of the cluster.
 *
 * A folder that is made here is an application of several files: workflow.xml (coordinator.xml,
 * bundle.xml), job.properties and whatever goes with them. It is submitted when that is said, not
 * when a file is closed. Names are paths: "nightly", "nightly/lib/a.jar".
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

#define KX_SUBMISSIONS_MAX   1000
#define KX_SUBMISSIONS_BYTES ((size_t)64 * 1024 * 1024)
#define KX_DEFAULTS_NAME     "defaults.properties"

struct kx_submissions;

/** Both borrowed for its life.  @return owned. */
struct kx_submissions *kx_submissions_new(struct kx_client *client, struct kx_services *services);
void kx_submissions_free(struct kx_submissions *all); /* NULL is fine */

/** From now on jobs are told to call this URL, with the job's id behind it, when they change; NULL:
 * none. Borrowed for its life; before anything is submitted. */
void kx_submissions_call_back(struct kx_submissions *all, const char *url);

/* What is known of one name; all owned. */
struct kx_submission {
    GBytes *text;
    char *id;      /* of the newest job; NULL: there is none, or the newest was refused */
    char *ids;     /* of all, a line each, the newest last */
    char *error;   /* why the newest was refused, as a text of lines; NULL */
    char *preview; /* what the newest dry run said; NULL */
    bool folder;
    int64_t changed_ms; /* since the epoch */
};
/** @return 0; -ENOENT. */
int kx_submissions_find(struct kx_submissions *all, const char *name, struct kx_submission *out,
                        struct kx_error *err);
void kx_submission_clear(struct kx_submission *submission);
/** The files, or the folders, in a folder ("": the first one): owned strings, sorted. */
void kx_submissions_names(struct kx_submissions *all, const char *folder, bool folders,
                          GPtrArray *out);

/** The name is there, and empty.  @return 0; -ENOSPC; -EBUSY: it is on its way to Oozie. */
int kx_submissions_make(struct kx_submissions *all, const char *name, struct kx_error *err);

/** A text was closed under the name; as `put` of struct kx_tree_drop. What is submitted is
 * submitted once. */
int kx_submissions_put(struct kx_submissions *all, const char *name, GBytes *text, bool last,
                       const struct kx_call *call, struct kx_error *err);

/** @return 0; -EEXIST; -ENOENT: the folder that it is in is not there; -ENOSPC. */
int kx_submissions_make_folder(struct kx_submissions *all, const char *name, struct kx_error *err);
/** @return 0; -EEXIST; -EBUSY. */
int kx_submissions_rename_folder(struct kx_submissions *all, const char *name, const char *to,
                                 struct kx_error *err);

/** Forget it; no job is ended.  @return 0; -ENOTEMPTY: a folder with files; -EBUSY. */
int kx_submissions_remove(struct kx_submissions *all, const char *name, struct kx_error *err);

/** The text gets another name, whatever was there, and is submitted if that is one of a document.
 */
int kx_submissions_rename(struct kx_submissions *all, const char *name, const char *to,
                          const struct kx_call *call, struct kx_error *err);

/* What is done with a folder. */
enum kx_staged_verb { KX_STAGED_START, KX_STAGED_SUBMIT, KX_STAGED_DRYRUN };

/** Hand it in: to run, to wait in PREP for a start, or only to be tried.
 *  @return 0; -EBUSY: it is on its way already; -EINVAL: what is missing; as kx_oozie_submit. */
int kx_staged_hand_in(struct kx_submissions *all, const char *name, enum kx_staged_verb verb,
                      const struct kx_call *call, struct kx_error *err);
/** Forget the folder with all that is in it.  @return 0; -EBUSY. */
int kx_staged_discard(struct kx_submissions *all, const char *name, struct kx_error *err);

/** Append each ${...} of the application: as it is written, its value or MISSING, where that is
 * from. */
int kx_staged_params(struct kx_submissions *all, const char *name, GString *out,
                     struct kx_error *err);
/** Append what is wrong with it: what the text tells, then what Oozie says of it. */
int kx_staged_check(struct kx_submissions *all, const char *name, const struct kx_call *call,
                    GString *out, struct kx_error *err);
/** Append the application's own text.  @file its name within the folder. */
int kx_staged_main(struct kx_submissions *all, const char *name, GBytes **text, const char **file,
                   struct kx_error *err);

KX_DEFINE_AUTOPTR(kx_submissions, kx_submissions_free)
