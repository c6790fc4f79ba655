#include "rest/suspects.h"

#include <string.h>

#include "rest/url.h"

struct suspect {
    char *name;
    int64_t until_ms;
};

struct kx_suspects {
    const struct kx_clock *clock;
    GMutex mutex;
    GQueue live; /* of struct suspect, the one to be forgotten first in front; guarded by mutex */
};

struct kx_suspects *kx_suspects_new(const struct kx_clock *clock)
{
    struct kx_suspects *suspects = g_new0(struct kx_suspects, 1);
    suspects->clock = clock;
    g_mutex_init(&suspects->mutex);
    g_queue_init(&suspects->live);
    return suspects;
}

static void suspect_free(gpointer data)
{
    struct suspect *suspect = data;
    if (!suspect) return;
    g_free(suspect->name);
    g_free(suspect);
}

void kx_suspects_free(struct kx_suspects *suspects)
{
    if (!suspects) return;
    g_queue_clear_full(&suspects->live, suspect_free);
    g_mutex_clear(&suspects->mutex);
    g_free(suspects);
}

static bool name_usable(const char *name)
{
    const char *colon = strchr(name, ':');
    if (!colon || colon == name || strlen(name) > KX_SUSPECT_LENGTH) return false;
    g_autofree char *host = g_strndup(name, (gsize)(colon - name));
    guint64 port;
    return kx_url_host_valid(host) &&
           g_ascii_string_to_unsigned(colon + 1, 10, 1, 65535, &port, NULL);
}

/* The caller holds the mutex, as in the next one. */
static void forget_old(struct kx_suspects *suspects, int64_t now_ms)
{
    for (;;) {
        const struct suspect *oldest = g_queue_peek_head(&suspects->live);
        if (!oldest || oldest->until_ms > now_ms) return;
        suspect_free(g_queue_pop_head(&suspects->live));
    }
}

static void forget_name(struct kx_suspects *suspects, const char *name)
{
    for (GList *at = suspects->live.head; at; at = at->next) {
        struct suspect *suspect = at->data;
        if (!g_str_equal(suspect->name, name)) continue;
        g_queue_delete_link(&suspects->live, at);
        suspect_free(suspect);
        return;
    }
}

bool kx_suspects_add(struct kx_suspects *suspects, const char *name)
{
    if (!name_usable(name)) return false;
    struct suspect *suspect = g_new0(struct suspect, 1);
    suspect->name = g_strdup(name);
    g_mutex_lock(&suspects->mutex);
    suspect->until_ms = suspects->clock->now_ms(suspects->clock) + KX_SUSPICION_MS;
    forget_name(suspects, name);
    if (suspects->live.length >= KX_SUSPECTS_MAX) suspect_free(g_queue_pop_head(&suspects->live));
    g_queue_push_tail(&suspects->live, suspect);
    g_mutex_unlock(&suspects->mutex);
    return true;
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *kx_suspects_list(struct kx_suspects *suspects)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_mutex_lock(&suspects->mutex);
    forget_old(suspects, suspects->clock->now_ms(suspects->clock));
    for (const GList *at = suspects->live.head; at; at = at->next)
        g_ptr_array_add(names, g_strdup(((const struct suspect *)at->data)->name));
    g_mutex_unlock(&suspects->mutex);
    if (names->len == 0) return NULL;
    g_ptr_array_sort(names, by_name);
    g_ptr_array_add(names, NULL);
    return g_strjoinv(",", (char **)names->pdata);
}

void kx_suspects_drop(struct kx_suspects *suspects)
{
    g_mutex_lock(&suspects->mutex);
    g_queue_clear_full(&suspects->live, suspect_free);
    g_mutex_unlock(&suspects->mutex);
}
