/* What is known of an inode that grows while it is read. */
#include "fs/names/inode_private.h"

void kx_inode_note_reader(struct kx_inode *inode, bool opened)
{
    g_mutex_lock(&inode->inodes->mutex);
    if (opened)
        inode->readers++;
    else if (--inode->readers == 0)
        inode->ended = false, inode->watched_ms = 0;
    g_mutex_unlock(&inode->inodes->mutex);
}

bool kx_inode_met_end(struct kx_inode *inode)
{
    g_mutex_lock(&inode->inodes->mutex);
    bool first = !inode->ended;
    inode->ended = true;
    g_mutex_unlock(&inode->inodes->mutex);
    return first;
}

bool kx_inode_is_followed(struct kx_inode *inode, int64_t now_ms, int64_t period_ms)
{
    g_mutex_lock(&inode->inodes->mutex);
    bool again = inode->ended && inode->watched_ms;
    bool due = again && now_ms - inode->watched_ms >= period_ms;
    if (inode->ended && (due || !again)) inode->watched_ms = now_ms;
    g_mutex_unlock(&inode->inodes->mutex);
    return due;
}

bool kx_inode_is_watched(struct kx_inode *inode)
{
    g_mutex_lock(&inode->inodes->mutex);
    bool watched = inode->ended && inode->watched_ms;
    g_mutex_unlock(&inode->inodes->mutex);
    return watched;
}

bool kx_inode_note_visible(struct kx_inode *inode, const struct kx_status *of, int64_t length)
{
    g_mutex_lock(&inode->inodes->mutex);
    bool same = inode->status.file_id == of->file_id && inode->status.mtime_ms == of->mtime_ms;
    bool news = same && length > MAX(inode->visible, inode->status.length);
    if (news) inode->visible = length;
    g_mutex_unlock(&inode->inodes->mutex);
    return news;
}

int64_t kx_inode_visible(struct kx_inode *inode)
{
    g_mutex_lock(&inode->inodes->mutex);
    int64_t length = MAX(inode->visible, inode->status.length);
    g_mutex_unlock(&inode->inodes->mutex);
    return length;
}
