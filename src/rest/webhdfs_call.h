/* What the files webhdfs_*.c share: one operation asked as one struct, its parameters put together,
 * its answer read by a shape, and the looking around after a result that is unknown.
 * Threads: any. */
#pragma once
#include "rest/json.h"
#include "rest/webhdfs.h"

/* Caps of the answers that are longer than KX_ANSWER_BYTES_MAX. */
#define KX_ARRAY_BYTES_MAX   ((size_t)8 * 1024 * 1024)   /* block locations, snapshot diffs */
#define KX_LISTING_BYTES_MAX ((size_t)128 * 1024 * 1024) /* some 500,000 entries at once */

/** Pairs of a name and a value, then NULL; a pair whose value is NULL is left out.  @return owned:
 * "&name=value..." encoded. */
char *kx_params_new(const char *name, ...) G_GNUC_NULL_TERMINATED;

/** @body owned. */
int kx_ask_body(const struct kx_ask *ask, GBytes **body, struct kx_error *err);

/** Success is all that is asked for. */
int kx_ask_done(const struct kx_ask *ask, struct kx_error *err);

/** Fill *out, the C struct of the shape. A null answer is -ENODATA. */
int kx_ask_read(const struct kx_ask *ask, const struct kx_json_shape *shape, void *out,
                struct kx_error *err);

/** @out owned array of the shape's structs. */
int kx_ask_array(const struct kx_ask *ask, const struct kx_json_shape *shape, GDestroyNotify clear,
                 GArray **out, struct kx_error *err);

/* What became of an operation whose answer never came. */
enum kx_fate { KX_FATE_UNKNOWN, KX_FATE_DONE, KX_FATE_UNDONE };
typedef enum kx_fate (*kx_fate_of)(const struct kx_ask *ask, const void *context);

/** As kx_ask_body for an operation that must not be repeated blindly: after an unknown result @fate
 * looks. When it was done that is success, and *body NULL; when it was not and the connection was
 * merely cut it is asked once more.  @maybe set to true when an attempt before the answer in *body
 * may have been done. */
int kx_ask_settled(const struct kx_ask *ask, kx_fate_of fate, const void *context, GBytes **body,
                   bool *maybe, struct kx_error *err);

/** As kx_ask_settled when success is all that is asked for. */
int kx_ask_done_settled(const struct kx_ask *ask, kx_fate_of fate, const void *context,
                        struct kx_error *err);

/** Name the operation and the path of a failure that was found in an answer.  @return rc. */
int kx_ask_about(const struct kx_ask *ask, int rc, struct kx_error *err);

/** Look at a path after an unknown result: shortly, and with the call's cancel.  @out cleared by
 * the caller; may be NULL.  @return 0: it is there; -ENOENT: it is not; else nobody knows. */
int kx_look(const struct kx_ask *ask, const char *path, struct kx_status *out);

/** The fate of what makes a path (@made) or takes it away, told by whether it is there. */
enum kx_fate kx_fate_of_path(const struct kx_ask *ask, const char *path, bool made);

/** Give the caller *own when he asked for it.  @return rc. */
int kx_error_hand(struct kx_error *own, int rc, struct kx_error *err);
