/* What is known of one inode. */
#include <string.h>

#include "fs/data/writer.h"
#include "fs/names/inode_private.h"
#include "fs/names/pages.h"

#define WALK_PAUSE_MAX_MS 1000 /* between two names of one walk */

int64_t kx_inode_status(struct kx_inode *inode, struct kx_status *out, int64_t now_ms)
{
    g_mutex_lock(&inode->inodes->mutex);
    kx_status_copy(out, &inode->status);
    int64_t age = inode->checked_ms ? MAX(now_ms - inode->checked_ms, 0) : -1;
    g_mutex_unlock(&inode->inodes->mutex);
    return age;
}

void kx_inode_expire(struct kx_inode *inode)
{
    g_mutex_lock(&inode->inodes->mutex);
    inode->checked_ms = 0;
    kx_inode_touch_locked(inode);
    g_mutex_unlock(&inode->inodes->mutex);
}

void kx_inode_changed(struct kx_inode *inode, bool replaced, int64_t length, int64_t mtime_ms)
{
    g_mutex_lock(&inode->inodes->mutex);
    if (replaced) inode->status.file_id = 0;
    inode->status.length = length;
    inode->visible = 0;
    inode->status.mtime_ms = mtime_ms;
    inode->checked_ms = 0;
    inode->generation++;
    kx_inode_touch_locked(inode);
    if (inode->parent) { /* the name may be new there, and its times have changed */
        inode->parent->checked_ms = 0;
        kx_inode_touch_locked(inode->parent);
    }
    g_mutex_unlock(&inode->inodes->mutex);
}

unsigned kx_inode_generation(struct kx_inode *inode)
{
    g_mutex_lock(&inode->inodes->mutex);
    unsigned generation = inode->generation;
    g_mutex_unlock(&inode->inodes->mutex);
    return generation;
}

void kx_inode_amend(struct kx_inode *inode,
                    void (*amend)(struct kx_status *status, const void *with), const void *with)
{
    g_mutex_lock(&inode->inodes->mutex);
    amend(&inode->status, with);
    kx_inode_touch_locked(inode);
    g_mutex_unlock(&inode->inodes->mutex);
}

/* Mutex held. */
static bool are_pages_true(const struct kx_inode *inode)
{
    const struct kx_status *status = &inode->status;
    return status->file_id && inode->pages.file_id == status->file_id &&
           inode->pages.mtime_ms == status->mtime_ms &&
           inode->pages_length == MAX(status->length, inode->visible);
}

bool kx_inode_keep_pages(struct kx_inode *inode)
{
    g_mutex_lock(&inode->inodes->mutex);
    const struct kx_status *status = &inode->status;
    bool keep = are_pages_true(inode);
    inode->pages = (struct kx_version){status->file_id, status->mtime_ms};
    inode->pages_length = MAX(status->length, inode->visible);
    g_mutex_unlock(&inode->inodes->mutex);
    return keep;
}

bool kx_inode_has_pages(struct kx_inode *inode)
{
    g_mutex_lock(&inode->inodes->mutex);
    bool has = are_pages_true(inode);
    g_mutex_unlock(&inode->inodes->mutex);
    return has;
}

void kx_inode_forget_pages(struct kx_inode *inode)
{
    g_mutex_lock(&inode->inodes->mutex);
    inode->pages = (struct kx_version){0};
    g_mutex_unlock(&inode->inodes->mutex);
}

struct kx_writer *kx_inode_writer(struct kx_inode *inode)
{
    g_mutex_lock(&inode->inodes->mutex);
    struct kx_writer *writer = inode->writer ? kx_writer_ref(inode->writer) : NULL;
    g_mutex_unlock(&inode->inodes->mutex);
    return writer;
}

void kx_inode_set_writer(struct kx_inode *inode, struct kx_writer *writer)
{
    g_mutex_lock(&inode->inodes->mutex);
    struct kx_writer *old = inode->writer;
    inode->writer = writer;
    g_mutex_unlock(&inode->inodes->mutex);
    if (old) kx_writer_unref(old);
}

int64_t kx_inode_ctime_ms(struct kx_inode *inode)
{
    g_mutex_lock(&inode->inodes->mutex);
    int64_t ctime_ms = inode->ctime_ms;
    g_mutex_unlock(&inode->inodes->mutex);
    return ctime_ms;
}

void kx_inode_note_ctime(struct kx_inode *inode, int64_t wall_ms)
{
    g_mutex_lock(&inode->inodes->mutex);
    inode->ctime_ms = wall_ms;
    g_mutex_unlock(&inode->inodes->mutex);
}

void kx_inode_note_absent(struct kx_inode *directory, const char *name, int64_t now_ms)
{
    g_mutex_lock(&directory->inodes->mutex);
    g_free(directory->absent);
    directory->absent = g_strdup(name);
    directory->absent_ms = now_ms;
    g_mutex_unlock(&directory->inodes->mutex);
}

bool kx_inode_is_absent(struct kx_inode *directory, const char *name, int64_t now_ms,
                        int64_t within_ms)
{
    g_mutex_lock(&directory->inodes->mutex);
    bool absent = directory->absent && strcmp(directory->absent, name) == 0 &&
                  now_ms - directory->absent_ms <= within_ms;
    g_mutex_unlock(&directory->inodes->mutex);
    return absent;
}

void kx_inode_note_writable(struct kx_inode *directory, int64_t now_ms)
{
    g_mutex_lock(&directory->inodes->mutex);
    directory->writable_ms = now_ms;
    g_mutex_unlock(&directory->inodes->mutex);
}

bool kx_inode_is_writable(struct kx_inode *directory, int64_t now_ms, int64_t within_ms)
{
    g_mutex_lock(&directory->inodes->mutex);
    bool writable = directory->writable_ms && now_ms - directory->writable_ms <= within_ms;
    g_mutex_unlock(&directory->inodes->mutex);
    return writable;
}

unsigned kx_inode_walk(struct kx_inode *directory, const char *name, int64_t now_ms, char **before)
{
    g_mutex_lock(&directory->inodes->mutex);
    bool goes_on = directory->walked && now_ms - directory->walked_ms <= WALK_PAUSE_MAX_MS &&
                   kx_name_order(directory->walked, name) < 0 &&
                   directory->touched <= directory->walk_epoch;
    directory->walk_steps = goes_on ? directory->walk_steps + 1 : 0;
    if (!goes_on) directory->walk_epoch = directory->inodes->epoch;
    *before = directory->walked;
    directory->walked = g_strdup(name);
    directory->walked_ms = now_ms;
    unsigned steps = directory->walk_steps;
    g_mutex_unlock(&directory->inodes->mutex);
    return steps;
}

bool kx_inode_touched_since(struct kx_inode *inode, uint64_t epoch)
{
    g_mutex_lock(&inode->inodes->mutex);
    bool touched = inode->touched > epoch;
    g_mutex_unlock(&inode->inodes->mutex);
    return touched;
}

uint64_t kx_inode_touched(struct kx_inode *inode)
{
    g_mutex_lock(&inode->inodes->mutex);
    uint64_t touched = inode->touched;
    g_mutex_unlock(&inode->inodes->mutex);
    return touched;
}

uint64_t kx_inodes_epoch(struct kx_inodes *inodes)
{
    g_mutex_lock(&inodes->mutex);
    uint64_t epoch = inodes->epoch;
    g_mutex_unlock(&inodes->mutex);
    return epoch;
}
