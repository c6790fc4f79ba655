/* All writers of a mount. */
#include "fs/data/writer_private.h"
#include "fs/errors.h"
#include "fs/mount.h"
#include "fs/names/inode.h"

struct kx_writers *kx_writers_new(void)
{
    struct kx_writers *writers = g_new0(struct kx_writers, 1);
    g_mutex_init(&writers->mutex);
    writers->list = g_ptr_array_new();
    return writers;
}

void kx_writers_free(struct kx_writers *writers)
{
    if (!writers) return;
    g_ptr_array_free(writers->list, TRUE);
    g_mutex_clear(&writers->mutex);
    g_free(writers);
}

unsigned kx_writer_users(struct kx_writer *writer)
{
    struct kx_writers *all = writer->mount->writers;
    g_mutex_lock(&all->mutex);
    unsigned users = writer->opens - writer->holds;
    g_mutex_unlock(&all->mutex);
    return users;
}

/* References to all that are there now: nothing is called under the lock. */
static GPtrArray *writers_now(struct kx_writers *writers)
{
    GPtrArray *now = g_ptr_array_new_with_free_func((GDestroyNotify)kx_writer_unref);
    g_mutex_lock(&writers->mutex);
    for (guint i = 0; i < writers->list->len; i++)
        g_ptr_array_add(now, kx_writer_ref(g_ptr_array_index(writers->list, i)));
    g_mutex_unlock(&writers->mutex);
    return now;
}

static bool fresh_in(struct kx_writer *writer, struct kx_inode *directory)
{
    struct kx_overlay overlay;
    kx_writer_overlay(writer, &overlay);
    g_autoptr(kx_inode) parent = NULL;
    g_autofree char *name = NULL;
    return overlay.fresh && kx_inode_place(writer->inode, &parent, &name) && parent == directory;
}

GPtrArray *kx_writers_fresh_in(struct kx_writers *writers, struct kx_inode *directory)
{
    g_autoptr(GPtrArray) now = writers_now(writers);
    GPtrArray *inodes = g_ptr_array_new_with_free_func((GDestroyNotify)kx_inode_unref);
    for (guint i = 0; i < now->len; i++) {
        struct kx_writer *writer = g_ptr_array_index(now, i);
        if (fresh_in(writer, directory)) g_ptr_array_add(inodes, kx_inode_ref(writer->inode));
    }
    return inodes;
}

struct kx_writer *kx_writers_of_record(struct kx_writers *writers, int64_t id)
{
    g_autoptr(GPtrArray) now = writers_now(writers);
    for (guint i = 0; i < now->len; i++) {
        struct kx_writer *writer = g_ptr_array_index(now, i);
        g_mutex_lock(&writer->mutex);
        bool same = writer->record_id == id;
        g_mutex_unlock(&writer->mutex);
        if (same) return kx_writer_ref(writer);
    }
    return NULL;
}

/* @return whether it is published. */
static bool publish_one(struct kx_writer *writer, const struct kx_call *call)
{
    KX_ERROR_AUTO(err);
    if (kx_writer_publish(writer, call, &err) == 0) return true;
    kx_errors_add(writer->mount->errors, NULL, &err);
    kx_log_write(writer->mount->log, KX_LOG_ERROR, "not uploaded: %s",
                 err.path ? err.path : "a file without a name");
    return false;
}

unsigned kx_writers_publish_below(struct kx_writers *writers, const struct kx_inode *top,
                                  const struct kx_call *call)
{
    g_autoptr(GPtrArray) now = writers_now(writers);
    unsigned failed = 0;
    for (guint i = 0; i < now->len; i++) {
        struct kx_writer *writer = g_ptr_array_index(now, i);
        if (top && !kx_inode_is_below(writer->inode, top)) continue;
        failed += !publish_one(writer, call);
    }
    return failed;
}

unsigned kx_writers_publish_last(struct kx_writers *writers, const struct kx_call *call)
{
    g_autoptr(GPtrArray) now = writers_now(writers);
    unsigned failed = 0;
    for (guint i = 0; i < now->len; i++) {
        struct kx_writer *writer = g_ptr_array_index(now, i);
        bool told = g_atomic_int_get(&writer->told);
        failed += !publish_one(writer, call) && !told;
    }
    return failed;
}
