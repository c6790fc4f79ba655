/* The log and the audit: their last lines, and those that come. */
#include "fs/mount.h"
#include "fs/tree/cluster_private.h"

int kx_cluster_log(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    kx_lines_text(at->mount->log_lines, out);
    return 0;
}

static int follow(const struct kx_tree_at *at, void **state, struct kx_error *err)
{
    (void)err;
    *state = kx_lines_follow(at->mount->log_lines);
    return 0;
}

int kx_cluster_audit(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    kx_lines_text(at->mount->audit, out);
    return 0;
}

static int follow_audit(const struct kx_tree_at *at, void **state, struct kx_error *err)
{
    (void)err;
    *state = kx_lines_follow(at->mount->audit);
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

const struct kx_tree_stream kx_cluster_log_stream = {.open = follow,
                                                     .close = unfollow,
                                                     .read = read_lines,
                                                     .ready = are_ready,
                                                     .watch = watch_lines};

const struct kx_tree_stream kx_cluster_audit_stream = {.open = follow_audit,
                                                       .close = unfollow,
                                                       .read = read_lines,
                                                       .ready = are_ready,
                                                       .watch = watch_lines};
