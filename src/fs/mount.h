/* One mount: what every operation needs, made in main and handed down.
 *
 * Threads: the pointers never change after kx_mount_new; each thing behind them says what it
 * allows. */
#pragma once
#include <sys/types.h>

#include "base/budget.h"
#include "base/clock.h"
#include "base/lines.h"
#include "base/log.h"
#include "base/pool.h"
#include "base/stats.h"
#include "conf/options.h"
#include "fs/data/room.h"
#include "rest/client.h"

struct kx_inodes;
struct kx_opens;
struct kx_pages;
struct kx_identity;
struct kx_errors;
struct kx_space_cache;
struct kx_tree;
struct kx_writers;
struct kx_journal;
struct kx_uploader;
struct kx_recovery;
struct kx_ahead;
struct kx_reads;
struct kx_services;
struct kx_submissions;
struct kx_previews;
struct kx_bell;
struct kx_notices;
struct kx_running;
struct kx_audit;
struct kx_exchanges;

struct kx_mount {
    const struct kx_options *options; /* borrowed */
    const struct kx_clock *clock;
    struct kx_log *log; /* borrowed */
    struct kx_pool *pool;
    struct kx_auth *auth;
    struct kx_budget *budget; /* of the memory for bytes on their way */
    struct kx_reads *reads;
    struct kx_ahead *ahead; /* NULL after kx_mount_finish */
    struct kx_client *client;
    struct kx_inodes *inodes;
    struct kx_pages *pages;
    struct kx_identity *identity;
    struct kx_errors *errors;
    struct kx_space_cache *space;
    struct kx_writers *writers;
    struct kx_opens *opens;
    struct kx_journal *journal; /* NULL: read only */
    struct kx_uploader
        *uploader; /* NULL without a journal, as is the recovery when it found nothing */
    struct kx_recovery *recovery;
    struct kx_cancel *ending;           /* fired when the end of the mount has waited long enough */
    struct kx_room room;                /* of local copies */
    struct kx_lines *log_lines;         /* the last of the log */
    struct kx_lines *events;            /* what has happened (kx_log_event) */
    struct kx_audit *audit;             /* who has changed what */
    struct kx_exchanges *exchanges;     /* what is said with servers, where it is recorded */
    struct kx_tree *tree;               /* the virtual files; NULL: -o novirtual */
    struct kx_submissions *submissions; /* what was written into them; NULL without them */
    struct kx_previews *previews;       /* what verbs said that were only tried */
    struct kx_services *services;       /* what they show beside HDFS; NULL without them */
    struct kx_bell *bell;               /* rings when a job may have changed; NULL without them */
    struct kx_notices *notices;         /* what rings it; NULL: -o callback was not given */
    struct kx_running *running; /* the names that go when a job ends; NULL without them, and after
                                   kx_mount_finish */
    struct kx_stats stats;
    int64_t started_ms; /* on the clock */
    /** Have the kernel forget what it knows of a file behind a name of a directory, its pages, too;
     * @node 0: of the name alone. NULL before it is attached. Blocks while pages of it are read. */
    void (*tell_stale)(struct kx_mount *mount, uint64_t directory, uint64_t node, const char *name);
    /** Tell the kernel that a virtual file is gone; NULL before it is attached. */
    void (*tell_gone)(struct kx_mount *mount, uint64_t directory, uint64_t node, const char *name);
    void *kernel;  /* the session that serves it (struct fuse_session), for src/fs/fuse only; NULL
                      before it is attached */
    dev_t device;  /* st_dev of what the kernel has mounted; 0: not known */
    gint poll_s;   /* atomic: how often waiting files ask about jobs; 0: as usual */
    gint answered; /* atomic: the kernel has got its first answer */
    gint refuses;  /* atomic: changes are refused (`readonly on`) */
    gint failed_closes; /* atomic: files whose last close failed, and nobody had been told before */
    gint hidden_files;  /* atomic: how many hidden names were given out */
    gint joins_refused; /* atomic: the server does not CONCAT */
    gint local_files;   /* atomic: how many names of local copies */
    char *id;           /* of this mount, in the names of its hidden files: 12 hexadecimal digits */
};

/** Make a mount of options->service, ask the server whether its root is there (one request; a
 * second when the URL may be a gateway's or a folder's), and take up what an earlier mount left
 * unfinished.  @typed a password that was typed, borrowed for the mount's life; may be NULL.
 *  @return 0; -errno with a reason for a person: no such host, refused, not WebHDFS, denied, no
 * such path, not a directory. */
int kx_mount_new(const struct kx_options *options, const struct kx_secret *typed,
                 struct kx_log *log, struct kx_mount **out, struct kx_error *err);

/** May files, names and jobs be changed now?  @return 0; -EROFS: `readonly on` was said. */
int kx_mount_may_change(struct kx_mount *mount, struct kx_error *err);

/** Upload what is left, for options->unmount_timeout_ms at most, after everything open was closed.
 * @return how many files could not be: they are logged, and kept in the journal where they were
 * staged. */
unsigned kx_mount_finish(struct kx_mount *mount);

/** Free, after kx_mount_finish. */
void kx_mount_free(struct kx_mount *mount);

KX_DEFINE_AUTOPTR(kx_mount, kx_mount_free)
