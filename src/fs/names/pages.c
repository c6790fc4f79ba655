#include "fs/names/pages.h"

#include <string.h>

#define ENTRIES_USUAL 1000 /* of a page: dfs.ls.limit */

struct kept {
    struct kx_page_origin origin;
    char *after;
    struct kx_page page; /* entries NULL: the place is free */
    bool ordered; /* the entries stand in a NameNode's order, so a name can be searched for */
};

struct kx_pages {
    GMutex mutex; /* guards all below */
    struct kept kept[KX_PAGES_MAX];
    int64_t limit;
};

struct kx_pages *kx_pages_new(void)
{
    struct kx_pages *pages = g_new0(struct kx_pages, 1);
    g_mutex_init(&pages->mutex);
    pages->limit = ENTRIES_USUAL;
    return pages;
}

static void kept_clear(struct kept *kept)
{
    if (kept->page.entries) kx_page_clear(&kept->page);
    g_free(kept->after);
    *kept = (struct kept){0};
}

void kx_pages_free(struct kx_pages *pages)
{
    if (!pages) return;
    for (int i = 0; i < KX_PAGES_MAX; i++)
        kept_clear(&pages->kept[i]);
    g_mutex_clear(&pages->mutex);
    g_free(pages);
}

void kx_pages_drop(struct kx_pages *pages)
{
    g_mutex_lock(&pages->mutex);
    for (int i = 0; i < KX_PAGES_MAX; i++)
        kept_clear(&pages->kept[i]);
    g_mutex_unlock(&pages->mutex);
}

int kx_name_order(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return (int)(signed char)*a - (int)(signed char)*b;
}

static bool is_ordered(const struct kx_page *page)
{
    for (guint i = 1; i < page->entries->len; i++)
        if (kx_name_order(g_array_index(page->entries, struct kx_status, i - 1).name,
                          g_array_index(page->entries, struct kx_status, i).name) >= 0)
            return false;
    return true;
}

static void clear_entry(gpointer entry)
{
    kx_status_clear(entry);
}

static void page_copy(struct kx_page *to, const struct kx_page *from)
{
    *to = (struct kx_page){
        .entries = g_array_sized_new(FALSE, TRUE, sizeof(struct kx_status), from->entries->len),
        .remaining = from->remaining};
    g_array_set_clear_func(to->entries, clear_entry);
    for (guint i = 0; i < from->entries->len; i++) {
        struct kx_status status = {0};
        kx_status_copy(&status, &g_array_index(from->entries, struct kx_status, i));
        g_array_append_val(to->entries, status);
    }
}

void kx_pages_put(struct kx_pages *pages, const struct kx_page_origin *origin,
                  const struct kx_page *page)
{
    struct kept fresh = {.origin = *origin, .after = g_strdup(origin->after)};
    fresh.origin.after = NULL;
    page_copy(&fresh.page, page);
    fresh.ordered = is_ordered(page);
    g_mutex_lock(&pages->mutex);
    struct kept *oldest = &pages->kept[0];
    for (int i = 1; i < KX_PAGES_MAX; i++)
        if (pages->kept[i].origin.came_ms < oldest->origin.came_ms) oldest = &pages->kept[i];
    kept_clear(oldest);
    *oldest = fresh;
    if (page->remaining > 0) pages->limit = page->entries->len;
    g_mutex_unlock(&pages->mutex);
}

int64_t kx_pages_limit(struct kx_pages *pages)
{
    g_mutex_lock(&pages->mutex);
    int64_t limit = pages->limit;
    g_mutex_unlock(&pages->mutex);
    return limit;
}

/* Where a name is in what is ordered.  @return -1 when it is not there. */
static int find_entry(const GArray *entries, const char *name)
{
    guint low = 0, high = entries->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        const struct kx_status *entry = &g_array_index(entries, struct kx_status, middle);
        int order = kx_name_order(entry->name, name);
        if (order == 0) return (int)middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

static int find_in(const struct kept *kept, const char *name, struct kx_status *status,
                   struct kx_page_origin *origin)
{
    int at = kept->ordered ? find_entry(kept->page.entries, name) : -1;
    if (at < 0) return 0;
    *origin = kept->origin;
    kx_status_copy(status, &g_array_index(kept->page.entries, struct kx_status, at));
    return 1;
}

int kx_pages_find(struct kx_pages *pages, uint64_t directory, const char *name, int64_t since_ms,
                  struct kx_status *status, struct kx_page_origin *origin)
{
    int result = 0;
    int64_t newest_ms = since_ms;
    g_mutex_lock(&pages->mutex);
    for (int i = 0; i < KX_PAGES_MAX; i++) {
        const struct kept *kept = &pages->kept[i];
        bool right = kept->page.entries && kept->origin.directory == directory &&
                     kept->origin.came_ms >= newest_ms;
        if (!right) continue;
        struct kx_status found = {0};
        struct kx_page_origin from = {0};
        int one = find_in(kept, name, &found, &from);
        if (one == 0) continue;
        kx_status_clear(status);
        *status = found;
        *origin = from;
        result = one;
        newest_ms = kept->origin.came_ms;
    }
    g_mutex_unlock(&pages->mutex);
    return result;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    const struct kx_status *one = a, *other = b;
    return kx_name_order(one->name, other->name);
}

static void take_page(struct kx_names *names, const struct kept *kept)
{
    for (guint i = 0; i < kept->page.entries->len; i++) {
        const struct kx_status *entry = &g_array_index(kept->page.entries, struct kx_status, i);
        if (entry->type != KX_TYPE_FILE) continue;
        struct kx_status status = {0};
        kx_status_copy(&status, entry);
        g_array_append_val(names->files, status);
    }
    names->epoch = MIN(names->epoch, kept->origin.epoch);
    names->came_ms = MIN(names->came_ms, kept->origin.came_ms);
}

static gint newest_first(gconstpointer a, gconstpointer b)
{
    const struct kept *one = *(const struct kept *const *)a;
    const struct kept *other = *(const struct kept *const *)b;
    if (one->origin.came_ms == other->origin.came_ms) return 0;
    return one->origin.came_ms > other->origin.came_ms ? -1 : 1;
}

/* Sorting is stable, so of a name that several pages have the newest comes first, and stays. */
static void keep_each_once(GArray *files)
{
    guint kept = 0;
    g_array_sort(files, by_name);
    for (guint i = 0; i < files->len; i++) {
        struct kx_status *at = &g_array_index(files, struct kx_status, i);
        struct kx_status *to = &g_array_index(files, struct kx_status, kept);
        if (kept > 0 && kx_name_order((to - 1)->name, at->name) == 0) continue;
        struct kx_status spare = *to;
        *to = *at;
        if (to != at) *at = spare;
        kept++;
    }
    g_array_set_size(files, kept);
}

void kx_pages_files(struct kx_pages *pages, uint64_t directory, int64_t since_ms, uint64_t epoch,
                    struct kx_names *out)
{
    *out = (struct kx_names){.files = g_array_new(FALSE, TRUE, sizeof(struct kx_status)),
                             .epoch = UINT64_MAX,
                             .came_ms = INT64_MAX};
    g_array_set_clear_func(out->files, clear_entry);
    g_autoptr(GPtrArray) right = g_ptr_array_new();
    g_mutex_lock(&pages->mutex);
    for (int i = 0; i < KX_PAGES_MAX; i++) {
        struct kept *kept = &pages->kept[i];
        if (kept->page.entries && kept->origin.directory == directory &&
            kept->origin.came_ms >= since_ms && kept->origin.epoch >= epoch)
            g_ptr_array_add(right, kept);
    }
    g_ptr_array_sort(right, newest_first);
    for (guint i = 0; i < right->len; i++)
        take_page(out, g_ptr_array_index(right, i));
    g_mutex_unlock(&pages->mutex);
    keep_each_once(out->files);
}

int kx_names_find(const struct kx_names *names, const char *name)
{
    return find_entry(names->files, name);
}

void kx_names_clear(struct kx_names *names)
{
    if (names->files) g_array_free(names->files, TRUE);
    *names = (struct kx_names){0};
}
