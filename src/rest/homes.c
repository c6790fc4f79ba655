#include "rest/homes.h"

#include <string.h>

struct kx_homes {
    struct kx_endpoint list;
    const struct kx_endpoint *at[KX_ENDPOINTS_MAX]; /* of the list */
    unsigned count;
    struct kx_log *log;
    GMutex mutex; /* guards what follows */
    unsigned live, last;
    char *why[KX_ENDPOINTS_MAX]; /* owned: how it failed last; NULL: it did not */
};

struct kx_homes *kx_homes_new(const struct kx_endpoint *list, struct kx_log *log)
{
    struct kx_homes *homes = g_new0(struct kx_homes, 1);
    kx_endpoint_copy(&homes->list, list);
    const struct kx_endpoint *at = &homes->list;
    for (; at && homes->count < KX_ENDPOINTS_MAX; at = at->next)
        homes->at[homes->count++] = at;
    homes->log = log;
    g_mutex_init(&homes->mutex);
    return homes;
}

void kx_homes_free(struct kx_homes *homes)
{
    if (!homes) return;
    for (unsigned i = 0; i < homes->count; i++)
        g_free(homes->why[i]);
    kx_endpoint_clear(&homes->list);
    g_mutex_clear(&homes->mutex);
    g_free(homes);
}

unsigned kx_homes_count(const struct kx_homes *homes)
{
    return homes->count;
}

const struct kx_endpoint *kx_homes_at(const struct kx_homes *homes, unsigned number)
{
    return homes->at[number];
}

unsigned kx_homes_live(struct kx_homes *homes)
{
    g_mutex_lock(&homes->mutex);
    unsigned live = homes->live;
    g_mutex_unlock(&homes->mutex);
    return live;
}

bool kx_homes_worked(struct kx_homes *homes, unsigned number)
{
    g_mutex_lock(&homes->mutex);
    unsigned before = homes->last;
    g_autofree char *why = before == number ? NULL : g_strdup(homes->why[before]);
    homes->live = homes->last = number;
    g_clear_pointer(&homes->why[number], g_free);
    g_mutex_unlock(&homes->mutex);
    if (before == number) return false;
    kx_log_event(homes->log, KX_LOG_WARNING, "server", "%s answers instead of %s%s%s",
                 homes->at[number]->origin, homes->at[before]->origin, why ? ": " : "",
                 why ? why : "");
    return true;
}

void kx_homes_failed(struct kx_homes *homes, unsigned number, const struct kx_error *why)
{
    if (homes->count < 2) return;
    char *words = g_strdup(why->message ? why->message : g_strerror(why->code));
    g_mutex_lock(&homes->mutex);
    if (homes->live == number) homes->live = (number + 1) % homes->count;
    g_free(homes->why[number]);
    homes->why[number] = words;
    g_mutex_unlock(&homes->mutex);
}

bool kx_homes_own(const struct kx_homes *homes, const char *url)
{
    for (unsigned i = 0; i < homes->count; i++) {
        const char *origin = homes->at[i]->origin;
        size_t length = strlen(origin);
        if (strncmp(url, origin, length) == 0 && (!url[length] || strchr("/?", url[length])))
            return true;
    }
    return false;
}

bool kx_homes_has(const struct kx_homes *homes, const char *host, int port)
{
    for (unsigned i = 0; i < homes->count; i++)
        if (homes->at[i]->port == port && g_ascii_strcasecmp(homes->at[i]->host, host) == 0)
            return true;
    return false;
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char *kx_homes_name(const struct kx_homes *homes)
{
    g_autoptr(GPtrArray) origins = g_ptr_array_new();
    for (unsigned i = 0; i < homes->count; i++)
        g_ptr_array_add(origins, homes->at[i]->origin);
    g_ptr_array_sort(origins, by_text);
    g_ptr_array_add(origins, NULL);
    return g_strjoinv(",", (char **)origins->pdata);
}

void kx_homes_tell(struct kx_homes *homes, GString *out)
{
    g_mutex_lock(&homes->mutex);
    for (unsigned i = 0; i < homes->count; i++) {
        g_autofree char *why = g_strescape(homes->why[i] ? homes->why[i] : "", NULL);
        g_string_append_printf(out, "%s\t%s\t%s\n", homes->at[i]->origin,
                               i == homes->last ? "live" : "other", why);
    }
    g_mutex_unlock(&homes->mutex);
}
