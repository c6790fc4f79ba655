#include "fs/data/ahead.h"

#include <errno.h>
#include <string.h>

#include "fs/data/reads.h"
#include "fs/data/walk.h"
#include "fs/data/writer.h"
#include "fs/mount.h"
#include "fs/names/pages.h"
#include "fs/names/replace.h"

#define FAILURES_MAX 3 /* in a row, and a folder is left alone */

enum state { QUEUED, GOES, HERE };

/* A file that is fetched. */
struct item {
    struct kx_inode *inode;   /* a reference, as is the reader */
    struct kx_reader *reader; /* keeps what came */
    struct kx_version version;
    int64_t length;
    unsigned generation;
    uint64_t folder; /* its node */
    unsigned index;  /* in the folder's walk */
    enum state state;
    bool dropped; /* off the table: whoever is at it frees it */
    bool used;    /* opened while it came: counted when it has come */
};

/* One that files are opened in. */
struct folder {
    uint64_t node; /* 0: the place is free */
    int64_t used_ms;
    struct kx_names names; /* files NULL: not looked at yet */
    struct kx_walk *walk;
    char *first; /* the file that was opened before there was a walk */
    unsigned failures;
};

struct kx_ahead {
    struct kx_mount *mount;
    GThreadPool *threads;
    struct kx_cancel *ending;
    char *hidden_mark;
    GMutex mutex;      /* guards the rest */
    GHashTable *items; /* &inode->node -> struct item; those that are not dropped */
    int64_t bytes;     /* of them */
    struct folder folders[KX_AHEAD_FOLDERS];
    bool walked; /* the last folder was walked through */
};

static void item_free(gpointer data)
{
    struct item *item = data;
    kx_reader_free(item->reader);
    kx_inode_unref(item->inode);
    g_free(item);
}

static int read_whole(struct kx_ahead *ahead, struct item *item)
{
    g_autofree char *path = kx_inode_path(item->inode);
    const struct kx_call call = {.cancel = ahead->ending};
    const struct kx_read_target target = {.path = path,
                                          .length = item->length,
                                          .version = item->version,
                                          .generation = item->generation,
                                          .ahead = true};
    KX_ERROR_AUTO(err);
    struct kx_slices slices;
    kx_slices_init(&slices);
    int result =
        kx_reader_read(item->reader, &target, 0, (size_t)item->length, &call, &slices, &err);
    kx_slices_clear(&slices);
    if (result == 0) return 0;
    g_autofree char *line = kx_error_format(&err);
    kx_log_write(ahead->mount->log, KX_LOG_DEBUG, "a file that was not opened yet: %s", line);
    return result;
}

/* All below, unless said: the mutex is held. What is to be freed is collected. */

static struct folder *folder_of(struct kx_ahead *ahead, uint64_t node)
{
    for (int i = 0; i < KX_AHEAD_FOLDERS; i++)
        if (ahead->folders[i].node == node) return &ahead->folders[i];
    return NULL;
}

/* Off the table.  @dropped takes it, unless a thread is at it. */
static void drop(struct kx_ahead *ahead, struct item *item, GPtrArray *dropped)
{
    g_hash_table_remove(ahead->items, &item->inode->node);
    ahead->bytes -= item->length;
    item->dropped = true;
    if (item->state == HERE) g_ptr_array_add(dropped, item);
}

static void drop_folder(struct kx_ahead *ahead, uint64_t node, GPtrArray *dropped)
{
    GHashTableIter iter;
    gpointer value;
    g_autoptr(GPtrArray) of_it = g_ptr_array_new();
    g_hash_table_iter_init(&iter, ahead->items);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (((struct item *)value)->folder == node) g_ptr_array_add(of_it, value);
    for (guint i = 0; i < of_it->len; i++)
        drop(ahead, g_ptr_array_index(of_it, i), dropped);
}

static void folder_clear(struct folder *folder)
{
    kx_names_clear(&folder->names);
    kx_walk_free(folder->walk);
    g_free(folder->first);
    *folder = (struct folder){0};
}

/* A thread of the pool, without the mutex: an item's turn has come. */
static void fetch(gpointer data, gpointer context)
{
    struct item *item = data;
    struct kx_ahead *ahead = context;
    g_mutex_lock(&ahead->mutex);
    bool wanted = !item->dropped && !kx_cancel_fired(ahead->ending);
    item->state = GOES;
    g_mutex_unlock(&ahead->mutex);
    int result = wanted ? read_whole(ahead, item) : -ECANCELED;
    g_autoptr(GPtrArray) dropped = g_ptr_array_new_with_free_func(item_free);
    g_mutex_lock(&ahead->mutex);
    struct folder *folder = folder_of(ahead, item->folder);
    if (folder && wanted) folder->failures = result == 0 ? 0 : folder->failures + 1;
    if (wanted && result == 0) {
        kx_stats_add(&ahead->mount->stats, KX_STAT_AHEAD, 1);
        if (item->used) kx_stats_add(&ahead->mount->stats, KX_STAT_AHEAD_USED, 1);
    }
    item->state = HERE;
    if (item->dropped)
        g_ptr_array_add(dropped, item);
    else if (result != 0)
        drop(ahead, item, dropped);
    g_mutex_unlock(&ahead->mutex);
}

/* What was fetched of the file that is opened is its opener's from now on. */
static void take(struct kx_ahead *ahead, struct kx_inode *inode, GPtrArray *dropped)
{
    struct item *item = g_hash_table_lookup(ahead->items, &inode->node);
    if (!item) return;
    struct kx_status now = {0};
    kx_inode_status(inode, &now, 0);
    bool same = now.file_id == item->version.file_id && now.mtime_ms == item->version.mtime_ms &&
                now.length == item->length && kx_inode_generation(inode) == item->generation;
    kx_status_clear(&now);
    if (!same)
        kx_reader_forget(item->reader);
    else if (item->state == HERE)
        kx_stats_add(&ahead->mount->stats, KX_STAT_AHEAD_USED, 1);
    else
        item->used = item->state == GOES;
    drop(ahead, item, dropped);
}

/* The inode of a file of the folder.  @return a reference; NULL: it is not to be fetched. */
static struct kx_inode *inode_of(struct kx_ahead *ahead, const struct folder *folder,
                                 struct kx_inode *parent, const struct kx_status *file)
{
    struct kx_inodes *inodes = ahead->mount->inodes;
    g_autoptr(kx_inode) inode = kx_inodes_child(inodes, parent, file->name);
    if (!inode)
        inode = kx_inodes_adopt(inodes, parent, file->name, file, folder->names.epoch,
                                folder->names.came_ms);
    g_autoptr(kx_writer) writer = kx_inode_writer(inode);
    bool fetched = g_hash_table_contains(ahead->items, &inode->node);
    if (writer || fetched || inode->directory || kx_inode_has_pages(inode)) return NULL;
    return g_steal_pointer(&inode);
}

/* @return NULL: it is not to be fetched. */
static struct item *item_new(struct kx_ahead *ahead, const struct folder *folder,
                             struct kx_inode *parent, unsigned index)
{
    const struct kx_status *file = &g_array_index(folder->names.files, struct kx_status, index);
    g_autoptr(kx_inode) inode = inode_of(ahead, folder, parent, file);
    struct kx_status now = {0};
    bool known = inode && kx_inode_status(inode, &now, 0) >= 0;
    struct item *item = NULL;
    if (known && now.file_id && now.length > 0 && now.length <= KX_AHEAD_FILE_BYTES) {
        item = g_new0(struct item, 1);
        *item = (struct item){.reader = kx_reads_open(ahead->mount->reads, inode->node),
                              .version = {now.file_id, now.mtime_ms},
                              .length = now.length,
                              .generation = kx_inode_generation(inode),
                              .folder = folder->node,
                              .index = index};
        item->inode = g_steal_pointer(&inode);
    }
    kx_status_clear(&now);
    return item;
}

static bool has_room(const struct kx_ahead *ahead)
{
    int64_t limit = kx_budget_limit(ahead->mount->budget);
    int64_t most = limit ? MIN(KX_AHEAD_BYTES, limit / 8) : KX_AHEAD_BYTES;
    return ahead->bytes < most && (!limit || kx_budget_used(ahead->mount->budget) < limit / 4 * 3);
}

static void fetch_next(struct kx_ahead *ahead, struct folder *folder, struct kx_inode *parent)
{
    bool outdated = kx_inode_touched_since(parent, folder->names.epoch);
    while (!outdated && folder->failures < FAILURES_MAX && has_room(ahead)) {
        int index = kx_walk_next(folder->walk);
        if (index < 0) return;
        struct item *item = item_new(ahead, folder, parent, (unsigned)index);
        if (!item) {
            kx_walk_skip(folder->walk, (unsigned)index);
            continue;
        }
        g_hash_table_insert(ahead->items, &item->inode->node, item);
        ahead->bytes += item->length;
        g_thread_pool_push(ahead->threads, item, NULL);
    }
}

/* What is known of the folder's files, and a walk that begins. */
static void look_at(struct kx_ahead *ahead, struct folder *folder, struct kx_inode *parent,
                    enum kx_walk_start start)
{
    int64_t since = folder->used_ms - KX_AHEAD_LIST_MS;
    kx_names_clear(&folder->names);
    kx_walk_free(folder->walk);
    kx_pages_files(ahead->mount->pages, folder->node, since, kx_inode_touched(parent),
                   &folder->names);
    const GArray *files = folder->names.files;
    g_autofree struct kx_walk_file *walked = g_new0(struct kx_walk_file, files->len + 1);
    for (guint i = 0; i < files->len; i++) {
        const struct kx_status *file = &g_array_index(files, struct kx_status, i);
        walked[i].number = file->file_id;
        walked[i].worth = file->length > 0 && file->length <= KX_AHEAD_FILE_BYTES &&
                          !strstr(file->name, ahead->hidden_mark);
    }
    folder->walk = kx_walk_new(walked, files->len, start);
}

/* The place of a folder that nobody walks through any more. */
static struct folder *make_folder(struct kx_ahead *ahead, uint64_t node, GPtrArray *dropped)
{
    struct folder *oldest = &ahead->folders[0];
    for (int i = 1; i < KX_AHEAD_FOLDERS; i++)
        if (ahead->folders[i].used_ms < oldest->used_ms) oldest = &ahead->folders[i];
    if (oldest->node) drop_folder(ahead, oldest->node, dropped);
    folder_clear(oldest);
    oldest->node = node;
    return oldest;
}

/* Tell the walk.  @return false: it does not know the file. */
static bool tell(struct kx_ahead *ahead, struct folder *folder, const char *name,
                 GPtrArray *dropped)
{
    int index = kx_names_find(&folder->names, name);
    if (index < 0) return false;
    if (!kx_walk_opened(folder->walk, (unsigned)index, folder->used_ms))
        drop_folder(ahead, folder->node, dropped);
    ahead->walked = kx_walk_goes(folder->walk);
    return true;
}

/* The first file of a folder says little; who opens one only is not worth a copy of the listing. */
static void follow(struct kx_ahead *ahead, struct kx_inode *parent, const char *name,
                   GPtrArray *dropped)
{
    struct folder *folder = folder_of(ahead, parent->node);
    bool fresh = !folder;
    if (fresh) folder = make_folder(ahead, parent->node, dropped);
    const struct kx_clock *clock = ahead->mount->clock;
    folder->used_ms = clock->now_ms(clock);
    if (fresh && !ahead->walked) {
        folder->first = g_strdup(name);
        return;
    }
    if (!folder->walk) {
        look_at(ahead, folder, parent, fresh ? KX_WALK_NEXT : KX_WALK_FRESH);
        if (folder->first) tell(ahead, folder, folder->first, dropped);
    }
    if (!tell(ahead, folder, name, dropped)) {
        bool goes = kx_walk_goes(folder->walk);
        look_at(ahead, folder, parent, goes ? KX_WALK_GOES : KX_WALK_FRESH);
        tell(ahead, folder, name, dropped);
    }
    fetch_next(ahead, folder, parent);
}

void kx_ahead_opened(struct kx_ahead *ahead, struct kx_inode *inode)
{
    g_autoptr(kx_inode) parent = NULL;
    g_autofree char *name = NULL;
    if (!ahead || !kx_inode_place(inode, &parent, &name)) return;
    g_autoptr(GPtrArray) dropped = g_ptr_array_new_with_free_func(item_free);
    g_mutex_lock(&ahead->mutex);
    take(ahead, inode, dropped);
    follow(ahead, parent, name, dropped);
    g_mutex_unlock(&ahead->mutex);
}

struct kx_ahead *kx_ahead_new(struct kx_mount *mount)
{
    struct kx_ahead *ahead = g_new0(struct kx_ahead, 1);
    ahead->mount = mount;
    ahead->ending = kx_cancel_new();
    ahead->hidden_mark = kx_hidden_mark(mount);
    ahead->items = g_hash_table_new(g_int64_hash, g_int64_equal);
    ahead->threads = g_thread_pool_new(fetch, ahead, KX_AHEAD_THREADS, FALSE, NULL);
    g_mutex_init(&ahead->mutex);
    return ahead;
}

void kx_ahead_free(struct kx_ahead *ahead)
{
    if (!ahead) return;
    kx_cancel_fire(ahead->ending);
    g_thread_pool_free(ahead->threads, FALSE, TRUE); /* each item has its turn, and sees the end */
    g_autoptr(GPtrArray) dropped = g_ptr_array_new_with_free_func(item_free);
    for (int i = 0; i < KX_AHEAD_FOLDERS; i++) {
        if (ahead->folders[i].node) drop_folder(ahead, ahead->folders[i].node, dropped);
        folder_clear(&ahead->folders[i]);
    }
    g_hash_table_destroy(ahead->items);
    g_mutex_clear(&ahead->mutex);
    kx_cancel_unref(ahead->ending);
    g_free(ahead->hidden_mark);
    g_free(ahead);
}
