#include "fs/names/directory.h"

#include <errno.h>
#include <string.h>

#include "base/gate.h"
#include "fs/data/writer.h"
#include "fs/mount.h"
#include "fs/names/attr.h"
#include "fs/names/lookup.h"
#include "fs/names/pages.h"
#include "fs/names/replace.h"
#include "rest/webhdfs.h"

#define PAGE_AGE_MAX_MS                                                                            \
    10000 /* far above what handing out 1000 entries takes, far below what a person calls old */

/* Where a page begins, so that it can be asked for again. */
struct page_start {
    int64_t index;
    char *after; /* NULL: the first page */
};

struct kx_directory {
    struct kx_mount *mount;
    struct kx_inode *inode; /* a reference */
    struct kx_gate gate;    /* guards all below */
    GArray *starts;         /* of struct page_start, ascending */
    struct kx_page page;    /* the one in memory; entries NULL: none */
    int64_t first;          /* index of its first entry */
    char *first_after;      /* the name before it; NULL: the directory's beginning */
    int64_t came_ms;        /* when the page came */
    uint64_t epoch;         /* of the inode table when it was asked for */
    GPtrArray *fresh;       /* inodes that are only here; those that a page shows are taken out */
    char *hidden_mark;      /* what names of this mount's uploads contain */
};

static void page_start_clear(gpointer data)
{
    struct page_start *start = data;
    g_free(start->after);
}

struct kx_directory *kx_directory_open(struct kx_mount *mount, struct kx_inode *inode)
{
    struct kx_directory *directory = g_new0(struct kx_directory, 1);
    directory->mount = mount;
    directory->inode = kx_inode_ref(inode);
    kx_gate_init(&directory->gate);
    directory->starts = g_array_new(FALSE, TRUE, sizeof(struct page_start));
    g_array_set_clear_func(directory->starts, page_start_clear);
    directory->hidden_mark = kx_hidden_mark(mount);
    return directory;
}

static void pages_forget(struct kx_directory *directory)
{
    if (directory->page.entries) kx_page_clear(&directory->page);
    directory->page = (struct kx_page){0};
    g_clear_pointer(&directory->first_after, g_free);
    g_array_set_size(directory->starts, 0);
    if (directory->fresh) g_ptr_array_free(directory->fresh, TRUE);
    directory->fresh = NULL;
}

void kx_directory_close(struct kx_directory *directory)
{
    if (!directory) return;
    pages_forget(directory);
    g_array_free(directory->starts, TRUE);
    kx_gate_clear(&directory->gate);
    kx_inode_unref(directory->inode);
    g_free(directory->hidden_mark);
    g_free(directory);
}

void kx_directory_rewind(struct kx_directory *directory)
{
    if (kx_gate_enter(&directory->gate, NULL, 0) < 0) return;
    pages_forget(directory);
    kx_gate_leave(&directory->gate);
}

struct kx_inode *kx_directory_inode(struct kx_directory *directory)
{
    return directory->inode;
}

void kx_directory_entry_clear(struct kx_directory_entry *entry)
{
    kx_status_clear(&entry->status);
    kx_inode_unref(entry->local);
    entry->local = NULL;
}

/* Files that are only here and that the server shows too need not be added at the end. */
static void drop_shown(struct kx_directory *directory)
{
    for (guint i = directory->fresh->len; i-- > 0;) {
        g_autoptr(kx_inode) parent = NULL;
        g_autofree char *name = NULL;
        bool shown = !kx_inode_place(g_ptr_array_index(directory->fresh, i), &parent, &name);
        for (guint j = 0; !shown && j < directory->page.entries->len; j++) {
            const struct kx_status *entry =
                &g_array_index(directory->page.entries, struct kx_status, j);
            shown = strcmp(entry->name, name) == 0;
        }
        if (shown) g_ptr_array_remove_index(directory->fresh, i);
    }
}

static int page_fetch(struct kx_directory *directory, int64_t index, const char *after,
                      const struct kx_call *call, struct kx_error *err)
{
    struct kx_mount *mount = directory->mount;
    g_autofree char *path = NULL;
    int result = kx_path_of(directory->inode, &path, err);
    if (result < 0) return result;
    struct kx_page page = {0};
    uint64_t epoch = kx_inodes_epoch(mount->inodes);
    int64_t asked_ms = mount->clock->now_ms(mount->clock);
    result = kx_webhdfs_list(mount->client, path, after, call, &page, err);
    if (result < 0) return result;
    if (!after)
        kx_inode_note_entries(directory->inode, page.entries->len + page.remaining, asked_ms);
    if (!directory->fresh) directory->fresh = kx_writers_fresh_in(mount->writers, directory->inode);
    if (directory->page.entries) kx_page_clear(&directory->page);
    directory->page = page;
    directory->first = index;
    g_free(directory->first_after);
    directory->first_after = g_strdup(after);
    directory->came_ms = mount->clock->now_ms(mount->clock);
    directory->epoch = epoch;
    const struct kx_page_origin origin = {directory->inode->node, directory->first_after, epoch,
                                          asked_ms, directory->came_ms};
    kx_pages_put(mount->pages, &origin, &directory->page);
    drop_shown(directory);
    return 0;
}

static const char *last_name(const struct kx_directory *directory)
{
    const GArray *entries = directory->page.entries;
    return g_array_index(entries, struct kx_status, entries->len - 1).name;
}

static int64_t page_end(const struct kx_directory *directory)
{
    return directory->first + directory->page.entries->len;
}

static bool is_last_page(const struct kx_directory *directory)
{
    return directory->page.remaining <= 0 || directory->page.entries->len == 0;
}

static int page_next(struct kx_directory *directory, const struct kx_call *call,
                     struct kx_error *err)
{
    bool first = !directory->page.entries;
    struct page_start start = {.index = first ? 0 : page_end(directory),
                               .after = first ? NULL : g_strdup(last_name(directory))};
    int result = page_fetch(directory, start.index, start.after, call, err);
    if (result < 0) {
        g_free(start.after);
        return result;
    }
    guint known = directory->starts->len;
    if (known == 0 ||
        g_array_index(directory->starts, struct page_start, known - 1).index < start.index)
        g_array_append_val(directory->starts, start);
    else
        g_free(start.after);
    return 0;
}

/* Go back to the page that holds `index`, which lies before the one in memory. */
static int page_back(struct kx_directory *directory, int64_t index, const struct kx_call *call,
                     struct kx_error *err)
{
    guint i = directory->starts->len;
    while (i > 1 && g_array_index(directory->starts, struct page_start, i - 1).index > index)
        i--;
    const struct page_start *start = &g_array_index(directory->starts, struct page_start, i - 1);
    return page_fetch(directory, start->index, start->after, call, err);
}

static bool is_stale(const struct kx_directory *directory)
{
    const struct kx_clock *clock = directory->mount->clock;
    return clock->now_ms(clock) - directory->came_ms > PAGE_AGE_MAX_MS ||
           kx_inode_touched_since(directory->inode, directory->epoch);
}

/* Ask again for the page in memory, from `index` on. By name: entries before it may have gone
 * meanwhile. */
static int page_again(struct kx_directory *directory, int64_t index, const struct kx_call *call,
                      struct kx_error *err)
{
    const char *after = directory->first_after;
    if (index > directory->first)
        after =
            g_array_index(directory->page.entries, struct kx_status, index - directory->first - 1)
                .name;
    g_autofree char *from = g_strdup(after); /* the page it stands in goes */
    return page_fetch(directory, index, from, call, err);
}

/* Bring the page of `index` into memory.  @return 1, 0: behind the server's last entry, -errno. */
static int page_for(struct kx_directory *directory, int64_t index, const struct kx_call *call,
                    struct kx_error *err)
{
    int result = 0;
    if (directory->page.entries && index < directory->first)
        result = page_back(directory, index, call, err);
    else if (directory->page.entries && index < page_end(directory) && is_stale(directory))
        result = page_again(directory, index, call, err);
    while (result == 0 && (!directory->page.entries || index >= page_end(directory))) {
        if (directory->page.entries && is_last_page(directory)) return 0;
        result = page_next(directory, call, err);
    }
    return result < 0 ? result : 1;
}

static int local_entry(struct kx_directory *directory, int64_t number,
                       struct kx_directory_entry *out)
{
    if (number >= directory->fresh->len) return 0;
    struct kx_inode *inode = g_ptr_array_index(directory->fresh, number);
    g_autoptr(kx_inode) parent = NULL;
    g_autofree char *name = NULL;
    out->local = kx_inode_ref(inode);
    kx_attr_known_status(directory->mount, inode, &out->status);
    g_free(out->status.name);
    bool placed = kx_inode_place(inode, &parent, &name);
    out->hidden = !placed; /* removed meanwhile: nothing to show */
    out->status.name = placed ? g_steal_pointer(&name) : g_strdup("");
    return 1;
}

static int entry_locked(struct kx_directory *directory, int64_t index, const struct kx_call *call,
                        struct kx_directory_entry *out, struct kx_error *err)
{
    int result = page_for(directory, index, call, err);
    if (result < 0) return result;
    if (result == 0) return local_entry(directory, index - page_end(directory), out);
    const struct kx_status *status =
        &g_array_index(directory->page.entries, struct kx_status, index - directory->first);
    kx_status_copy(&out->status, status);
    out->epoch = directory->epoch;
    out->hidden = strstr(status->name, directory->hidden_mark) != NULL;
    return 1;
}

int kx_directory_entry(struct kx_directory *directory, int64_t index, const struct kx_call *call,
                       struct kx_directory_entry *out, struct kx_error *err)
{
    *out = (struct kx_directory_entry){0};
    int64_t patience = kx_client_stall_ms(directory->mount->client);
    int result = kx_gate_enter(&directory->gate, call ? call->cancel : NULL, patience);
    if (result < 0)
        return kx_error_set(err, -result,
                            result == -EINTR ? "interrupted" : "the listing is stuck");
    result = entry_locked(directory, index, call, out, err);
    kx_gate_leave(&directory->gate);
    return result;
}
