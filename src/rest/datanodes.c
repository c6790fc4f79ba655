#include "rest/datanodes.h"

#include <string.h>

#define SERVICE "/webhdfs/v1"

struct known {
    char *origin; /* "http://dn1:9864" */
    int64_t until_ms;
};

struct kx_datanodes {
    const struct kx_clock *clock;
    GMutex mutex;              /* guards the rest */
    GQueue live;               /* of struct known; the one whose turn it is in front */
    char *rpc;                 /* namenoderpcaddress= of all, encoded; NULL: none was named yet */
    unsigned turns, turns_max; /* since the last redirect */
    unsigned failures;         /* of direct requests, in a row */
    bool off;
};

struct kx_datanodes *kx_datanodes_new(const struct kx_clock *clock)
{
    struct kx_datanodes *datanodes = g_new0(struct kx_datanodes, 1);
    datanodes->clock = clock;
    datanodes->turns_max = KX_KNOWN_FEW;
    g_mutex_init(&datanodes->mutex);
    g_queue_init(&datanodes->live);
    return datanodes;
}

static void known_free(gpointer data)
{
    struct known *known = data;
    if (!known) return;
    g_free(known->origin);
    g_free(known);
}

void kx_datanodes_free(struct kx_datanodes *datanodes)
{
    if (!datanodes) return;
    g_queue_clear_full(&datanodes->live, known_free);
    g_free(datanodes->rpc);
    g_mutex_clear(&datanodes->mutex);
    g_free(datanodes);
}

/* The parameters of a redirect that say nothing of who may use it. */
static bool is_harmless(const char *pair)
{
    static const char *const NAMES[] = {
        "op",           "user.name",          "namenoderpcaddress", "createflag",
        "createparent", "overwrite",          "blocksize",          "replication",
        "permission",   "unmaskedpermission", "excludedatanodes",   "buffersize"};
    size_t length = strcspn(pair, "=");
    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++)
        if (strlen(NAMES[i]) == length && g_ascii_strncasecmp(pair, NAMES[i], length) == 0)
            return true;
    return false;
}

/* The value of namenoderpcaddress= in a query whose other parameters are harmless.  @return owned;
 * NULL: it is not there, or one is not. */
static char *rpc_of(const char *query)
{
    static const char NAME[] = "namenoderpcaddress=";
    g_auto(GStrv) pairs = g_strsplit(query ? query : "", "&", -1);
    const char *value = NULL;
    for (char **pair = pairs; *pair; pair++) {
        if (!is_harmless(*pair)) return NULL;
        if (g_str_has_prefix(*pair, NAME)) value = *pair + strlen(NAME);
    }
    return value && *value ? g_strdup(value) : NULL;
}

static char *origin_of(const struct kx_url_parts *parts)
{
    GString *origin = g_string_new(NULL);
    kx_url_append_origin(origin, parts->scheme, parts->host, parts->port);
    return g_string_free(origin, FALSE);
}

/* Is it another server than the one that redirected, and a DataNode's own URL? */
static bool is_elsewhere(const struct kx_endpoint *from, const struct kx_url_parts *parts)
{
    if (!parts->scheme || !parts->host || parts->port <= 0) return false;
    if (!g_str_has_prefix(parts->path, SERVICE)) return false;
    return parts->port != from->port || g_ascii_strcasecmp(parts->host, from->host) != 0;
}

/* All below: the caller holds the mutex. */

static struct known *take_out(struct kx_datanodes *datanodes, const char *origin)
{
    for (GList *at = datanodes->live.head; at; at = at->next) {
        struct known *known = at->data;
        if (!g_str_equal(known->origin, origin)) continue;
        g_queue_delete_link(&datanodes->live, at);
        return known;
    }
    return NULL;
}

static void turn_off(struct kx_datanodes *datanodes)
{
    datanodes->off = true;
    g_queue_clear_full(&datanodes->live, known_free);
}

static void remember(struct kx_datanodes *datanodes, const char *origin)
{
    struct known *known = take_out(datanodes, origin);
    datanodes->turns = 0;
    datanodes->turns_max = known ? MIN(2 * datanodes->turns_max, KX_KNOWN_TURNS) : KX_KNOWN_FEW;
    if (!known) {
        known = g_new0(struct known, 1);
        known->origin = g_strdup(origin);
    }
    known->until_ms = datanodes->clock->now_ms(datanodes->clock) + KX_KNOWN_MS;
    if (datanodes->live.length >= KX_KNOWN_MAX) known_free(g_queue_pop_head(&datanodes->live));
    g_queue_push_tail(&datanodes->live, known);
}

static void learn(struct kx_datanodes *datanodes, const char *origin, const char *rpc)
{
    if (datanodes->off) return;
    if (datanodes->rpc && !g_str_equal(datanodes->rpc, rpc)) {
        turn_off(datanodes);
        return;
    }
    if (!datanodes->rpc) datanodes->rpc = g_strdup(rpc);
    remember(datanodes, origin);
}

void kx_datanodes_learn(struct kx_datanodes *datanodes, const struct kx_endpoint *endpoint,
                        const char *url)
{
    __attribute__((cleanup(kx_url_parts_clear))) struct kx_url_parts parts = {.port = -1};
    if (!kx_url_split(url, true, &parts) || !is_elsewhere(endpoint, &parts)) return;
    g_autofree char *rpc = rpc_of(parts.query);
    if (!rpc) return;
    g_autofree char *origin = origin_of(&parts);
    g_mutex_lock(&datanodes->mutex);
    learn(datanodes, origin, rpc);
    g_mutex_unlock(&datanodes->mutex);
}

/* The one in front goes to the end.  @return borrowed; NULL: none. */
static const char *next_origin(struct kx_datanodes *datanodes)
{
    int64_t now_ms = datanodes->clock->now_ms(datanodes->clock);
    if (datanodes->turns >= datanodes->turns_max) return NULL;
    for (;;) {
        struct known *known = g_queue_pop_head(&datanodes->live);
        if (!known) return NULL;
        if (known->until_ms > now_ms) {
            g_queue_push_tail(&datanodes->live, known);
            datanodes->turns++;
            return known->origin;
        }
        known_free(known);
    }
}

static char *url_at(const char *origin, const char *rpc, const struct kx_direct *what)
{
    GString *url = g_string_new(origin);
    g_string_append(url, SERVICE);
    kx_url_append_path(url, what->path);
    kx_url_append_query(url, "op", what->op);
    kx_url_append_query(url, "user.name", what->user);
    g_string_append_printf(url, "&namenoderpcaddress=%s", rpc);
    if (what->params) g_string_append(url, what->params);
    return g_string_free(url, FALSE);
}

char *kx_datanodes_url(struct kx_datanodes *datanodes, const struct kx_direct *what)
{
    g_mutex_lock(&datanodes->mutex);
    const char *origin = datanodes->off ? NULL : next_origin(datanodes);
    char *url = origin ? url_at(origin, datanodes->rpc, what) : NULL;
    g_mutex_unlock(&datanodes->mutex);
    return url;
}

void kx_datanodes_failed(struct kx_datanodes *datanodes, const char *url, bool direct)
{
    __attribute__((cleanup(kx_url_parts_clear))) struct kx_url_parts parts = {.port = -1};
    if (!kx_url_split(url, true, &parts) || !parts.scheme || !parts.host) return;
    g_autofree char *origin = origin_of(&parts);
    g_mutex_lock(&datanodes->mutex);
    known_free(take_out(datanodes, origin));
    if (direct && ++datanodes->failures >= KX_KNOWN_FAILED) turn_off(datanodes);
    g_mutex_unlock(&datanodes->mutex);
}

void kx_datanodes_worked(struct kx_datanodes *datanodes)
{
    g_mutex_lock(&datanodes->mutex);
    datanodes->failures = 0;
    g_mutex_unlock(&datanodes->mutex);
}
