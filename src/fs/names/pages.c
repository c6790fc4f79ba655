#include "fs/names/pages.h"

#include <string.h>

struct kept {
    struct kx_page_origin origin;
    char *after;
    struct kx_page page; /* entries NULL: the place is free */
    bool ordered; /* the entries stand in a NameNode's order, so a name can be searched for */
};

struct kx_pages {
    GMutex mutex; /* guards all below */
    struct kept kept[KX_PAGES_MAX];
};

struct kx_pages *kx_pages_new(void)
{
    struct kx_pages *pages = g_new0(struct kx_pages, 1);
    g_mutex_init(&pages->mutex);
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
    g_mutex_unlock(&pages->mutex);
}

/* The entry of a name.  @return NULL when it is not there. */
static const struct kx_status *find_entry(const struct kept *kept, const char *name)
{
    const GArray *entries = kept->page.entries;
    guint low = 0, high = entries->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        const struct kx_status *entry = &g_array_index(entries, struct kx_status, middle);
        int order = kx_name_order(entry->name, name);
        if (order == 0) return entry;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static int find_in(const struct kept *kept, const char *name, struct kx_status *status,
                   struct kx_page_origin *origin)
{
    const struct kx_status *entry = kept->ordered ? find_entry(kept, name) : NULL;
    if (!entry) return 0;
    *origin = kept->origin;
    kx_status_copy(status, entry);
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
