/* Lines that come: of the log, the audit, what has happened and what has failed. The last ones, and
 * those from now on. */
#include "fs/audit.h"
#include "fs/errors.h"
#include "fs/mount.h"
#include "fs/tree/cluster_private.h"

static struct kx_lines *of_log(struct kx_mount *mount)
{
    return mount->log_lines;
}

static struct kx_lines *of_audit(struct kx_mount *mount)
{
    return kx_audit_lines(mount->audit);
}

static struct kx_lines *of_events(struct kx_mount *mount)
{
    return mount->events;
}

static struct kx_lines *of_errors(struct kx_mount *mount)
{
    return kx_errors_lines(mount->errors);
}

const struct kx_cluster_lines kx_cluster_log = {of_log}, kx_cluster_audit = {of_audit},
                              kx_cluster_events = {of_events}, kx_cluster_failures = {of_errors};

static struct kx_lines *lines_of(const struct kx_tree_at *at)
{
    const struct kx_cluster_lines *lines = at->row->data;
    return lines->of(at->mount);
}

int kx_cluster_lines_text(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    kx_lines_text(lines_of(at), out);
    return 0;
}

static int follow(const struct kx_tree_at *at, void **state, struct kx_error *err)
{
    (void)err;
    *state = kx_lines_follow(lines_of(at));
    return 0;
}

static void unfollow(void *state)
{
    kx_lines_unfollow(state);
}

static ssize_t read_lines(void *state, char *buffer, size_t size, struct kx_cancel *cancel,
                          int64_t wait_ms)
{
    return kx_lines_read(state, buffer, size, cancel, wait_ms);
}

static bool are_ready(void *state)
{
    return kx_lines_ready(state);
}

static void watch_lines(void *state, struct kx_waker waker)
{
    kx_lines_watch(state, waker);
}

const struct kx_tree_stream kx_cluster_lines_stream = {.open = follow,
                                                       .close = unfollow,
                                                       .read = read_lines,
                                                       .ready = are_ready,
                                                       .watch = watch_lines};
