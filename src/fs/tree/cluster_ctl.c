/* The verbs of /.cluster/mount/ctl, and of pending/ctl. */
#include <errno.h>

#include "fs/data/writer.h"
#include "fs/mount.h"
#include "fs/tree/cluster_private.h"

static int set_level(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    enum kx_log_level level;
    if (kx_log_level_parse(argument, &level) < 0)
        return kx_error_set(
            err, EINVAL, "loglevel %s: error, warning, info, debug or trace is expected", argument);
    kx_log_set_level(at->mount->log, level);
    return 0;
}

static int sync_all(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    (void)argument;
    unsigned failed = kx_writers_publish_all(at->mount->writers, at->call);
    if (!failed) return 0;
    return kx_error_set(err, EIO, "%u files could not be uploaded; /.cluster/mount/errors says why",
                        failed);
}

static int reconnect(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    (void)argument, (void)err;
    kx_client_reconnect(at->mount->client);
    return 0;
}

#define RETRY                                                                                      \
    {                                                                                              \
        .name = "retry", .argument = "ID",                                                         \
        .help = "upload pending/ID now, over what is at its name; returns when it is there",       \
        .run = kx_cluster_retry                                                                    \
    }
#define DROP                                                                                       \
    {                                                                                              \
        .name = "drop", .argument = "ID", .help = "give the bytes of pending/ID up",               \
        .run = kx_cluster_drop                                                                     \
    }

const struct kx_tree_verb kx_cluster_verbs[] = {
    {.name = "loglevel",
     .argument = "LEVEL",
     .help = "how much goes to the log: error, warning, info, debug or trace",
     .run = set_level},
    {.name = "sync",
     .help = "upload all that was written; returns when it is there",
     .run = sync_all},
    {.name = "reconnect",
     .help = "forget which servers have failed: the next operation tries all of them",
     .run = reconnect},
    RETRY,
    DROP,
    {.name = NULL},
};

const struct kx_tree_verb kx_cluster_pending_verbs[] = {RETRY, DROP, {.name = NULL}};
