/* A directory of which many names are asked for. */
#include "base/gate.h"
#include "fs/names/crowd.h"
#include "fs/names/inode_private.h"

struct kx_inode_crowd {
    struct kx_crowd counts;
    int64_t entries, entries_ms; /* how many the directory has, as a listing has told; when */
    struct kx_gate gate;         /* of who asks for a page; it is not the table's mutex's */
};

/* Mutex held. */
static struct kx_inode_crowd *crowd_of(struct kx_inode *directory)
{
    if (directory->crowd) return directory->crowd;
    directory->crowd = g_new0(struct kx_inode_crowd, 1);
    kx_gate_init(&directory->crowd->gate);
    return directory->crowd;
}

void kx_inode_crowd_free(struct kx_inode_crowd *crowd)
{
    if (!crowd) return;
    kx_gate_clear(&crowd->gate);
    g_free(crowd);
}

void kx_inode_note_entries(struct kx_inode *directory, int64_t entries, int64_t asked_ms)
{
    g_mutex_lock(&directory->inodes->mutex);
    struct kx_inode_crowd *crowd = crowd_of(directory);
    crowd->entries = entries;
    crowd->entries_ms = asked_ms;
    g_mutex_unlock(&directory->inodes->mutex);
}

/* Mutex held: how many entries it has, by the newer of what is known; -1: nobody knows. */
static int64_t entries_of(const struct kx_inode *directory, const struct kx_inode_crowd *crowd)
{
    bool listed = crowd->entries_ms &&
                  (directory->status.children < 0 || crowd->entries_ms >= directory->checked_ms);
    return listed ? crowd->entries : directory->status.children;
}

bool kx_inode_crowd_asks(struct kx_inode *directory, int64_t limit, int64_t now_ms,
                         int64_t window_ms)
{
    g_mutex_lock(&directory->inodes->mutex);
    struct kx_inode_crowd *crowd = crowd_of(directory);
    const struct kx_crowd_place place = {.entries = entries_of(directory, crowd),
                                         .limit = limit,
                                         .now_ms = now_ms,
                                         .window_ms = window_ms,
                                         .changed = directory->touched};
    bool page = kx_crowd_asks(&crowd->counts, &place);
    g_mutex_unlock(&directory->inodes->mutex);
    return page;
}

void kx_inode_crowd_note(struct kx_inode *directory, void (*note)(struct kx_crowd *crowd))
{
    g_mutex_lock(&directory->inodes->mutex);
    if (directory->crowd) note(&directory->crowd->counts);
    g_mutex_unlock(&directory->inodes->mutex);
}

void kx_inode_crowd_listed(struct kx_inode *directory, int64_t asked_ms, bool came)
{
    g_mutex_lock(&directory->inodes->mutex);
    kx_crowd_listed(&crowd_of(directory)->counts, asked_ms, came);
    g_mutex_unlock(&directory->inodes->mutex);
}

struct kx_gate *kx_inode_crowd_gate(struct kx_inode *directory)
{
    g_mutex_lock(&directory->inodes->mutex);
    struct kx_gate *gate = &crowd_of(directory)->gate;
    g_mutex_unlock(&directory->inodes->mutex);
    return gate;
}

bool kx_inode_is_newer(struct kx_inode *inode, uint64_t epoch, int64_t asked_ms)
{
    g_mutex_lock(&inode->inodes->mutex);
    bool newer = inode->touched > epoch || inode->checked_ms > asked_ms;
    g_mutex_unlock(&inode->inodes->mutex);
    return newer;
}
