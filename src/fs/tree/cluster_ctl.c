/* The verbs of /.cluster/mount/ctl, and of pending/ctl. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fs/data/writer.h"
#include "fs/exchanges.h"
#include "fs/flush.h"
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
    unsigned failed = kx_writers_publish_below(at->mount->writers, NULL, at->call);
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

static int flush(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    return kx_flush(at->mount, argument, at->call, err);
}

static int set_readonly(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    bool on = strcmp(argument, "on") == 0;
    if (!on && strcmp(argument, "off") != 0)
        return kx_error_set(err, EINVAL, "readonly %s: on or off is expected", argument);
    if (g_atomic_int_exchange(&at->mount->refuses, on) != on)
        kx_log_event(at->mount->log, KX_LOG_INFO, "readonly", "changes are %s",
                     on ? "refused" : "no more refused");
    return 0;
}

/* A file of who runs knoxfs: only for him, where the mount's files are shown as somebody else's. */
static int record(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    struct kx_mount *mount = at->mount;
    bool off = strcmp(argument, "off") == 0;
    int64_t owner = mount->options->uid;
    if (owner >= 0 && (uid_t)owner != geteuid())
        return kx_error_set(err, EPERM, "the files belong to user %d here: use -o record=FILE",
                            (int)owner);
    if (!off && !g_path_is_absolute(argument))
        return kx_error_set(err, EINVAL, "record %s: an absolute path, or off, is expected",
                            argument);
    int result = kx_exchanges_to(mount->exchanges, off ? NULL : argument, mount->device, err);
    if (result == 0)
        kx_log_event(mount->log, KX_LOG_INFO, "record", "what is said with servers: %s%s",
                     off ? "no more" : "into ", off ? "" : argument);
    return result;
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
    {.name = "flush",
     .argument = "[PATH]",
     .help = "sync, and forget what is known of all files, or of PATH and what is below it",
     .run = flush},
    {.name = "readonly",
     .argument = "HOW",
     .help = "on: changes of files and jobs are refused with EROFS; off: no more",
     .run = set_readonly},
    {.name = "record",
     .argument = "FILE",
     .help = "append what is said with servers to FILE, for reports of faults; off: no more",
     .run = record},
    {.name = "reconnect",
     .help = "forget which servers have failed: the next operation tries all of them",
     .run = reconnect},
    RETRY,
    DROP,
    {.name = NULL},
};

const struct kx_tree_verb kx_cluster_pending_verbs[] = {RETRY, DROP, {.name = NULL}};
