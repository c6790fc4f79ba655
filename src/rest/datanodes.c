#include "rest/datanodes.h"

#include <string.h>

#include "rest/places.h"

#define SERVICE "/webhdfs/v1"

/* What a redirect was of. */
enum kind { CREATES, OPENS, KINDS };

struct known {
    unsigned who;            /* its number in the places */
    char *origin;            /* "http://dn1:9864" */
    int64_t until_ms[KINDS]; /* 0: was never named for that */
};

/* How often known ones were asked since the last redirect, and how often they may be. */
struct turns {
    unsigned used, max;
};

struct kx_datanodes {
    const struct kx_clock *clock;
    GMutex mutex; /* guards the rest */
    GQueue live;  /* of struct known; the one whose turn it is in front */
    char *rpc;    /* namenoderpcaddress= of all, encoded; NULL: none was named yet */
    struct turns turns[KINDS];
    struct kx_places *places;
    unsigned last_who; /* the last number that was given */
    unsigned failures; /* of direct requests, in a row */
    bool off, moved;
};

struct kx_datanodes *kx_datanodes_new(const struct kx_clock *clock)
{
    struct kx_datanodes *datanodes = g_new0(struct kx_datanodes, 1);
    datanodes->clock = clock;
    for (int kind = 0; kind < KINDS; kind++)
        datanodes->turns[kind].max = KX_KNOWN_FEW;
    datanodes->places = kx_places_new();
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
    kx_places_free(datanodes->places);
    g_free(datanodes->rpc);
    g_mutex_clear(&datanodes->mutex);
    g_free(datanodes);
}

/* The parameters of a redirect that say nothing of who may use it. */
static bool is_harmless(const char *pair)
{
    static const char *const NAMES[] = {"op",
                                        "user.name",
                                        "namenoderpcaddress",
                                        "createflag",
                                        "createparent",
                                        "overwrite",
                                        "blocksize",
                                        "replication",
                                        "permission",
                                        "unmaskedpermission",
                                        "excludedatanodes",
                                        "buffersize",
                                        "offset",
                                        "length"};
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

/* @return borrowed */
static const struct known *remember(struct kx_datanodes *datanodes, const char *origin,
                                    enum kind kind)
{
    struct known *known = take_out(datanodes, origin);
    struct turns *turns = &datanodes->turns[kind];
    bool named_before = known && known->until_ms[kind];
    turns->used = 0;
    turns->max = named_before ? MIN(2 * turns->max, KX_KNOWN_TURNS) : KX_KNOWN_FEW;
    if (!known) {
        known = g_new0(struct known, 1);
        known->origin = g_strdup(origin);
        known->who = ++datanodes->last_who;
    }
    known->until_ms[kind] = datanodes->clock->now_ms(datanodes->clock) + KX_KNOWN_MS;
    if (datanodes->live.length >= KX_KNOWN_MAX) known_free(g_queue_pop_head(&datanodes->live));
    g_queue_push_tail(&datanodes->live, known);
    return known;
}

static void learn(struct kx_datanodes *datanodes, const struct kx_direct *what, const char *origin,
                  const char *rpc)
{
    if (datanodes->off) return;
    if (datanodes->moved && g_strcmp0(datanodes->rpc, rpc) != 0) {
        g_queue_clear_full(&datanodes->live, known_free);
        g_clear_pointer(&datanodes->rpc, g_free);
    }
    datanodes->moved = false;
    if (datanodes->rpc && !g_str_equal(datanodes->rpc, rpc)) {
        turn_off(datanodes);
        return;
    }
    if (!datanodes->rpc) datanodes->rpc = g_strdup(rpc);
    const struct known *known = remember(datanodes, origin, what->range ? OPENS : CREATES);
    if (what->range) kx_places_put(datanodes->places, what->path, what->range->offset, known->who);
}

void kx_datanodes_learn(struct kx_datanodes *datanodes, const struct kx_endpoint *endpoint,
                        const struct kx_direct *what, const char *url)
{
    __attribute__((cleanup(kx_url_parts_clear))) struct kx_url_parts parts = {.port = -1};
    if (!kx_url_split(url, true, &parts) || !is_elsewhere(endpoint, &parts)) return;
    g_autofree char *rpc = rpc_of(parts.query);
    if (!rpc) return;
    g_autofree char *origin = origin_of(&parts);
    g_mutex_lock(&datanodes->mutex);
    learn(datanodes, what, origin, rpc);
    g_mutex_unlock(&datanodes->mutex);
}

static bool is_known(const struct known *known, enum kind kind, int64_t now_ms)
{
    return known->until_ms[kind] > now_ms || (kind == OPENS && known->until_ms[CREATES] > now_ms);
}

/* The first that may be asked goes to the end; those that nobody may ask any more are forgotten.
 *  @return borrowed; NULL: none. */
static const char *next_origin(struct kx_datanodes *datanodes, enum kind kind)
{
    int64_t now_ms = datanodes->clock->now_ms(datanodes->clock);
    struct turns *turns = &datanodes->turns[kind];
    if (turns->used >= turns->max) return NULL;
    for (GList *at = datanodes->live.head, *next; at; at = next) {
        struct known *known = at->data;
        next = at->next;
        if (is_known(known, kind, now_ms)) {
            g_queue_unlink(&datanodes->live, at);
            g_queue_push_tail_link(&datanodes->live, at);
            turns->used++;
            return known->origin;
        }
        if (is_known(known, OPENS, now_ms)) continue;
        g_queue_delete_link(&datanodes->live, at);
        known_free(known);
    }
    return NULL;
}

/* @return borrowed; NULL: it is forgotten. */
static const char *origin_by_number(struct kx_datanodes *datanodes, unsigned who)
{
    int64_t now_ms = datanodes->clock->now_ms(datanodes->clock);
    for (const GList *at = datanodes->live.head; at; at = at->next) {
        const struct known *known = at->data;
        if (known->who == who) return is_known(known, OPENS, now_ms) ? known->origin : NULL;
    }
    return NULL;
}

/* Who was named for the range, or near it.  @return borrowed; NULL: nobody. */
static const char *origin_with(struct kx_datanodes *datanodes, const struct kx_direct *what)
{
    bool near = what->range->length <= KX_DIRECT_SMALL_BYTES;
    for (;;) {
        unsigned who = kx_places_get(datanodes->places, what->path, what->range->offset, near);
        const char *origin = who ? origin_by_number(datanodes, who) : NULL;
        if (origin) return origin;
        if (!who) return near ? next_origin(datanodes, OPENS) : NULL;
        kx_places_forget(datanodes->places, what->path, who);
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
    const char *origin = NULL;
    if (!datanodes->off && !datanodes->moved)
        origin = what->range ? origin_with(datanodes, what) : next_origin(datanodes, CREATES);
    char *url = origin ? url_at(origin, datanodes->rpc, what) : NULL;
    g_mutex_unlock(&datanodes->mutex);
    return url;
}

static void count_failure(struct kx_datanodes *datanodes)
{
    if (++datanodes->failures >= KX_KNOWN_FAILED) turn_off(datanodes);
}

void kx_datanodes_failed(struct kx_datanodes *datanodes, const char *url, bool direct)
{
    __attribute__((cleanup(kx_url_parts_clear))) struct kx_url_parts parts = {.port = -1};
    if (!kx_url_split(url, true, &parts) || !parts.scheme || !parts.host) return;
    g_autofree char *origin = origin_of(&parts);
    g_mutex_lock(&datanodes->mutex);
    known_free(take_out(datanodes, origin));
    if (direct) count_failure(datanodes);
    g_mutex_unlock(&datanodes->mutex);
}

void kx_datanodes_worked(struct kx_datanodes *datanodes)
{
    g_mutex_lock(&datanodes->mutex);
    datanodes->failures = 0;
    g_mutex_unlock(&datanodes->mutex);
}

void kx_datanodes_moved(struct kx_datanodes *datanodes)
{
    g_mutex_lock(&datanodes->mutex);
    datanodes->moved = true;
    g_mutex_unlock(&datanodes->mutex);
}

void kx_datanodes_wrong(struct kx_datanodes *datanodes)
{
    g_mutex_lock(&datanodes->mutex);
    count_failure(datanodes);
    g_mutex_unlock(&datanodes->mutex);
}
