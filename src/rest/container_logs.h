/* The logs of containers, as bytes with true offsets: of one that runs from its NodeManager, of one
 * that has ended from the job history server, which reads what was collected in HDFS, or straight
 * from there (collected_logs.h): without such a server, where it fails, and of long logs always.
 *
 * What it knows of them (Hadoop 3.4.2): both answer a text with a head ("LogLength:63587", then
 * "LogContents:"), the bytes, and lines behind them; `size=N` gives the first N bytes, `size=-N`
 * the last N, and there is no offset. So a range is asked for from the nearer end, and where it
 * lies follows from LogLength. A NodeManager redirects when it has given a container up; the
 * history server says 404 or 500 until everything is collected, and 200 "Can not find logs" for a
 * file that is not there. In between nobody has the bytes: what was known last stays true for
 * KX_LOGS_BETWEEN_MS. A log that is collected in rounds while it is written (container_listing.h)
 * is one file all the time: what is in HDFS, and what the NodeManager has. A NodeManager gives the
 * former behind the latter, by the same limit; the history server one round after the other.
 *
 * Behind a gateway (Knox 2.0.0): its service YARNUIV2 leads to every NodeManager,
 * /yarnuiv2/nodes/PATH?scheme=&host=&port= is /ws/v1/node/PATH there, with all other parameters. It
 * asks as the user of the login. NODEUI and YARNUI lead to the pages for people only.
 *
 * Threads: any.  Blocking: all but kx_log_piece.  Errors: as kx_service_run; -ENOENT: no such
 * application, container or file; -EFBIG: a place that is too far from both ends, of a container
 * that runs; -ENODATA: the gateway does not show it, or it would be on this machine, and
 * YARN is not. */
#pragma once
#include "rest/yarn.h"

#define KX_LOGS_FRESH_MS   500    /* a listing of a container that runs */
#define KX_LOGS_ENDED_MS   60000  /* of one that has ended */
#define KX_LOGS_BETWEEN_MS 120000 /* from a container's end to its collected logs */
#define KX_LOGS_REACH      ((int64_t)48 * 1024 * 1024) /* bytes from one end */

struct kx_logs;

/** All borrowed for its life.  @history may be NULL.
 *  @return owned. */
struct kx_logs *kx_logs_new(struct kx_client *client, struct kx_yarn *yarn,
                            struct kx_service *history);
void kx_logs_free(struct kx_logs *logs); /* NULL is fine */

/** The containers of an application that have logs: while it runs those that somebody names
 * (container_nodes.h), and those that were collected.  @out owned names are appended. */
int kx_logs_containers(struct kx_logs *logs, const char *app, const struct kx_call *call,
                       GPtrArray *out, struct kx_error *err);

/** The files of one.  @out owned names are appended. */
int kx_logs_files(struct kx_logs *logs, const char *app, const char *container,
                  const struct kx_call *call, GPtrArray *out, struct kx_error *err);

/** Has a container logs? Of one whose logs were collected not all of them are looked for. */
int kx_logs_has(struct kx_logs *logs, const char *app, const char *container,
                const struct kx_call *call, struct kx_error *err);

struct kx_log_name {
    const char *app, *container, *file;
};
struct kx_log_look {
    int64_t size, mtime_ms;
    int64_t collected; /* so many of its first bytes are in HDFS, in several files or not all of
                          them; 0: all are in one place */
};
int kx_logs_look(struct kx_logs *logs, const struct kx_log_name *name, const struct kx_call *call,
                 struct kx_log_look *out, struct kx_error *err);

/** Bytes from an offset on: at least `want`, unless the file ends before.  @out owned; empty behind
 * the end. */
int kx_logs_read(struct kx_logs *logs, const struct kx_log_name *name, int64_t offset, size_t want,
                 const struct kx_call *call, GBytes **out, struct kx_error *err);

/* What an answer with a log's bytes has. */
struct kx_log_piece {
    int64_t total; /* of the file */
    int64_t from;  /* where the bytes lie in it */
    const char *bytes;
    size_t length;
    bool rounds; /* a NodeManager shows what was collected of it behind that */
};
/** Take such an answer apart.  @size as it was asked for: N or -N.  @out borrows from the text.
 *  @return 0; -ENOENT: it says that there is no such log; -EPROTO. */
int kx_log_piece(const char *text, size_t length, int64_t size, struct kx_log_piece *out,
                 struct kx_error *err);

/** "container_1795321157010_0001_01_000002", or with "e17_" in it, of this application? */
bool kx_logs_is_container(const char *name, const char *app);

KX_DEFINE_AUTOPTR(kx_logs, kx_logs_free)
