#include "rest/status.h"

void kx_status_clear(struct kx_status *status)
{
    g_free(status->name);
    g_free(status->target);
    if (status->owner) g_ref_string_release(status->owner);
    if (status->group) g_ref_string_release(status->group);
    *status = (struct kx_status){0};
}

void kx_status_copy(struct kx_status *to, const struct kx_status *from)
{
    if (to == from) return;
    kx_status_clear(to);
    *to = *from;
    to->name = g_strdup(from->name);
    to->target = g_strdup(from->target);
    to->owner = from->owner ? g_ref_string_acquire(from->owner) : NULL;
    to->group = from->group ? g_ref_string_acquire(from->group) : NULL;
}

void kx_page_clear(struct kx_page *page)
{
    g_clear_pointer(&page->entries, g_array_unref);
    page->remaining = 0;
}
