#include "rest/container_logs_private.h"

#include <errno.h>
#include <string.h>

#include "rest/collected_logs.h"
#include "rest/container_listing.h"
#include "rest/container_nodes.h"
#include "rest/kept.h"
#include "rest/redirect.h"

#define KEPT_MAX    256
#define KEPT_SIZE   ((size_t)4 * 1024 * 1024)
#define LISTING     4096 /* bytes that one counts as */
#define NAME_LENGTH ((size_t)255)

struct kx_logs {
    struct kx_client *client;
    struct kx_yarn *yarn;
    struct kx_service *history;
    struct kx_collected *collected;
    struct kx_nodes *nodes;
    struct kx_kept *kept; /* "now:" + container: a listing; "last:" + container: an older one */
};

struct kx_logs *kx_logs_new(struct kx_client *client, struct kx_yarn *yarn,
                            struct kx_service *history)
{
    struct kx_logs *logs = g_new0(struct kx_logs, 1);
    logs->client = client;
    logs->yarn = yarn;
    logs->history = history;
    logs->collected = kx_collected_new(client, yarn);
    logs->nodes = kx_nodes_new(client, yarn);
    logs->kept = kx_kept_new(kx_client_clock(client), KEPT_MAX, KEPT_SIZE);
    return logs;
}

void kx_logs_free(struct kx_logs *logs)
{
    if (!logs) return;
    kx_collected_free(logs->collected);
    kx_nodes_free(logs->nodes);
    kx_kept_free(logs->kept);
    g_free(logs);
}

bool kx_logs_is_container(const char *name, const char *app)
{
    const char *number = app + strlen("application_");
    if (!kx_yarn_is_app(app) || !g_str_has_prefix(name, "container_")) return false;
    name += strlen("container_");
    if (*name == 'e') { /* of a ResourceManager that was started again */
        name += 1 + strspn(name + 1, "0123456789");
        if (*name++ != '_') return false;
    }
    if (!g_str_has_prefix(name, number) || name[strlen(number)] != '_') return false;
    name += strlen(number) + 1;
    size_t attempt = strspn(name, "0123456789");
    if (!attempt || name[attempt] != '_') return false;
    size_t last = strspn(name + attempt + 1, "0123456789");
    return last && !name[attempt + 1 + last];
}

static const struct kx_item *items_at(const struct kx_answer *answer, const char *path)
{
    return answer ? kx_item_at(kx_answer_root(answer), path) : NULL;
}

static int app_ended(struct kx_logs *logs, const char *app, const struct kx_call *call, bool *out,
                     struct kx_error *err)
{
    g_autoptr(kx_answer) answer = NULL;
    int result = kx_yarn_app(logs->yarn, app, call, &answer, err);
    if (result < 0) return result;
    g_autofree char *state = kx_item_text(kx_answer_root(answer), "app/state");
    *out = kx_yarn_ended(state);
    return 0;
}

bool kx_logs_ended(struct kx_logs *logs, const char *app, const struct kx_call *call)
{
    bool ended = false;
    return app_ended(logs, app, call, &ended, NULL) == 0 && ended;
}

void kx_logs_source_clear(struct kx_logs_source *source)
{
    kx_service_free(source->own);
    g_free(source->params);
}

static bool is_behind_gateway(const struct kx_logs *logs)
{
    return *kx_client_endpoint(logs->client)->gateway &&
           kx_client_is_home(logs->client, kx_service_base(kx_yarn_service(logs->yarn)));
}

/* Nobody elsewhere leads to this machine (near.h): as of redirects. */
static int node_check(const struct kx_logs *logs, const struct kx_url_parts *node,
                      struct kx_error *err)
{
    static const char ADVICE[] = "if YARN is here, mount with -o yarn=http://localhost:PORT";
    __attribute__((cleanup(kx_url_parts_clear))) struct kx_url_parts manager = {.port = -1};
    const char *base = kx_service_base(kx_yarn_service(logs->yarn));
    KX_ERROR_AUTO(why);
    if (!kx_url_split(base, true, &manager) || !manager.host) return 0;
    if (kx_redirect_host_check(manager.host, NULL, node->host, ADVICE, &why) == 0) return 0;
    return kx_error_set(err, ENODATA, "%s", why.message);
}

/* A NodeManager: directly, or, behind a gateway, where Knox's service YARNUIV2 leads to any of
 * them. */
static int node_source(struct kx_logs *logs, const char *address, struct kx_logs_source *out,
                       struct kx_error *err)
{
    __attribute__((cleanup(kx_url_parts_clear))) struct kx_url_parts parts = {.port = -1};
    const struct kx_endpoint *home = kx_client_endpoint(logs->client);
    if (!kx_url_split(address, true, &parts) || !parts.host)
        return kx_error_set(err, EPROTO, "YARN says \"%s\" for a node's address", address);
    out->gateway = is_behind_gateway(logs);
    int result = out->gateway ? 0 : node_check(logs, &parts, err);
    if (result < 0) return result;
    g_autofree char *base = out->gateway
                                ? g_strconcat(home->origin, home->gateway, "/yarnuiv2/nodes", NULL)
                                : g_strconcat(address, "/ws", NULL);
    if (out->gateway) {
        g_autoptr(GString) params = g_string_new(NULL);
        kx_url_append_query(params, "scheme", parts.scheme);
        kx_url_append_query(params, "host", parts.host);
        kx_url_append_query_int(params, "port", parts.port);
        out->params = g_strdup(params->str);
    }
    const struct kx_service_config config = {
        .name = "the NodeManager", .base = base, .client = logs->client};
    out->own = out->service = kx_service_new(&config);
    out->path = out->gateway ? "" : "/v1/node";
    out->live = true;
    return 0;
}

/* Number 0 is the NodeManager, 1 the history server. */
int kx_logs_source(struct kx_logs *logs, const struct kx_log_name *name, int number,
                   const struct kx_call *call, struct kx_logs_source *out, struct kx_error *err)
{
    g_autofree char *address = NULL;
    bool ended = false;
    *out = (struct kx_logs_source){.service = logs->history, .path = "/v1/history"};
    if (number == 1)
        return logs->history ? 0
                             : kx_error_set(err, ENOENT,
                                            "there is no job history server (-o jobhistory=URL)");
    int result = app_ended(logs, name->app, call, &ended, err);
    if (result == 0 && !ended)
        result = kx_nodes_find(logs->nodes, name->app, name->container, call, &address, err);
    if (result < 0) return result;
    if (!address) return kx_error_set(err, ENOENT, "%s does not run any more", name->container);
    if (*address) return node_source(logs, address, out, err);
    if (!is_behind_gateway(logs))
        return kx_error_set(err, ENOENT, "none of YARN's nodes is named for %s", name->container);
    return kx_error_set(err, ENODATA,
                        "the gateway does not say on which node %s is: its topology needs Knox's "
                        "services YARNUI and YARNUIV2",
                        name->container);
}

int kx_logs_source_failed(const struct kx_logs_source *source, int result, struct kx_error *err)
{
    /* A NodeManager says more: it has an exception. */
    if (!source->gateway || err->http_status != 404 || err->exception) return result;
    kx_error_clear(err);
    return kx_error_set(err, ENODATA,
                        "the gateway does not lead to NodeManagers: its topology needs Knox's "
                        "service YARNUIV2; logs are shown when they were collected");
}

static int list_from(struct kx_logs *logs, const struct kx_log_name *name, int number,
                     const struct kx_call *call, struct kx_answer **out, struct kx_error *err)
{
    __attribute__((cleanup(kx_logs_source_clear))) struct kx_logs_source source = {0};
    g_autofree char *path = NULL;
    g_autoptr(kx_answer) answer = NULL;
    int result = kx_logs_source(logs, name, number, call, &source, err);
    if (result < 0) return result;
    path = g_strconcat(source.path, "/containers/", name->container, "/logs", NULL);
    result = kx_service_get(source.service, path, source.params, call, &answer, err);
    if (result < 0) return kx_logs_source_failed(&source, result, err);
    if (!kx_listing_is(answer))
        return kx_error_set(err, ENOENT, "%s has no logs yet", name->container);
    g_autofree char *now = g_strconcat("now:", name->container, NULL);
    g_autofree char *last = g_strconcat("last:", name->container, NULL);
    kx_kept_add(logs->kept, now, answer, LISTING,
                source.live ? KX_LOGS_FRESH_MS : KX_LOGS_ENDED_MS);
    kx_kept_add(logs->kept, last, answer, LISTING, KX_LOGS_BETWEEN_MS);
    *out = g_steal_pointer(&answer);
    return 0;
}

static struct kx_answer *last_listing(struct kx_logs *logs, const char *container)
{
    g_autofree char *last = g_strconcat("last:", container, NULL);
    return kx_kept_find(logs->kept, last);
}

/* What a container has, from who says it now.  @return -ENOENT, or another -errno: nobody does, but
 * it may be collected. */
static int list(struct kx_logs *logs, const struct kx_log_name *name, const struct kx_call *call,
                struct kx_answer **out, struct kx_error *err)
{
    g_autofree char *now = g_strconcat("now:", name->container, NULL);
    KX_ERROR_AUTO(live);
    *out = kx_kept_find(logs->kept, now);
    if (*out || list_from(logs, name, 0, call, out, &live) == 0) return 0;
    if (live.code == EINTR) return kx_error_set(err, EINTR, "interrupted");
    int result = list_from(logs, name, 1, call, out, err);
    if (result == 0 || result == -EINTR || live.code != ENODATA) return result;
    kx_error_copy(err ? err : &live, &live); /* what can be helped */
    return -ENODATA;
}

static int check_name(const struct kx_log_name *name, struct kx_error *err)
{
    return kx_logs_is_container(name->container, name->app)
               ? 0
               : kx_error_set(err, ENOENT, "%s is no container of %s", name->container, name->app);
}

/* What says most of why there is nothing: not that there is no history server. */
static int failed(int result, struct kx_error *collected, struct kx_error *err)
{
    if (result != -ENOENT || !collected->code) return result;
    kx_error_copy(err ? err : collected, collected);
    return -collected->code;
}

/* Names that a directory can have. */
static void drop_unusable(GPtrArray *names)
{
    for (guint i = names->len; i > 0; i--) {
        const char *name = g_ptr_array_index(names, i - 1);
        bool usable = name && *name && *name != '.' && !strchr(name, '/');
        if (!usable || strlen(name) > NAME_LENGTH) g_ptr_array_remove_index(names, i - 1);
    }
}

int kx_logs_has(struct kx_logs *logs, const char *app, const char *container,
                const struct kx_call *call, struct kx_error *err)
{
    const struct kx_log_name name = {.app = app, .container = container};
    g_autoptr(kx_answer) answer = NULL, last = NULL;
    KX_ERROR_AUTO(why);
    int result = check_name(&name, err);
    if (result < 0) return result;
    result = list(logs, &name, call, &answer, err);
    if (result == 0 || result == -EINTR) return result;
    if (result == -ENODATA) { /* it is there, and who looks into it is told why that is all */
        kx_error_clear(err);
        return 0;
    }
    if (kx_collected_has(logs->collected, app, container, call, &why) == 0) return 0;
    last = last_listing(logs, container);
    return last && why.code != EINTR ? 0 : failed(result, &why, err);
}

int kx_logs_files(struct kx_logs *logs, const char *app, const char *container,
                  const struct kx_call *call, GPtrArray *out, struct kx_error *err)
{
    const struct kx_log_name name = {.app = app, .container = container};
    g_autoptr(kx_answer) answer = NULL;
    KX_ERROR_AUTO(why);
    int result = check_name(&name, err);
    if (result < 0) return result;
    result = list(logs, &name, call, &answer, err);
    if (result < 0 && result != -EINTR &&
        kx_collected_files(logs->collected, &name, call, out, &why) == 0) {
        drop_unusable(out);
        return 0;
    }
    if (result < 0 && result != -EINTR && why.code != EINTR) answer = last_listing(logs, container);
    if (!answer) return failed(result, &why, err);
    kx_listing_names(answer, out);
    drop_unusable(out);
    return 0;
}

static int look_in(const struct kx_answer *answer, const struct kx_log_name *name,
                   struct kx_log_look *out, struct kx_error *err)
{
    if (kx_listing_look(answer, name->file, out)) return 0;
    return kx_error_set(err, ENOENT, "%s has no log %s", name->container, name->file);
}

int kx_logs_look(struct kx_logs *logs, const struct kx_log_name *name, const struct kx_call *call,
                 struct kx_log_look *out, struct kx_error *err)
{
    g_autoptr(kx_answer) answer = NULL;
    KX_ERROR_AUTO(why);
    int result = check_name(name, err);
    if (result < 0) return result;
    result = list(logs, name, call, &answer, err);
    if (result < 0 && result != -EINTR &&
        kx_collected_look(logs->collected, name, call, out, &why) == 0)
        return 0;
    if (result < 0 && result != -EINTR && why.code != EINTR)
        answer = last_listing(logs, name->container);
    return answer ? look_in(answer, name, out, err) : failed(result, &why, err);
}

void kx_logs_forget(struct kx_logs *logs, const char *container)
{
    g_autofree char *now = g_strconcat("now:", container, NULL);
    kx_kept_drop(logs->kept, now);
}

struct kx_collected *kx_logs_collected(struct kx_logs *logs)
{
    return logs->collected;
}

static void add_id(GPtrArray *out, const struct kx_item *item, const char *app)
{
    char *id = kx_item_text(item, "containerId");
    if (id && kx_logs_is_container(id, app) &&
        !g_ptr_array_find_with_equal_func(out, id, g_str_equal, NULL))
        g_ptr_array_add(out, id);
    else
        g_free(id);
}

static void add_ids(GPtrArray *out, const struct kx_item *all, const char *app)
{
    for (size_t i = 0; i < kx_item_count(all); i++)
        add_id(out, kx_item_element(all, i), app);
}

/* All whose logs were collected. */
static int collected(struct kx_logs *logs, const char *app, const struct kx_call *call,
                     GPtrArray *out, struct kx_error *err)
{
    g_autoptr(GString) params = g_string_new(NULL);
    g_autoptr(kx_answer) answer = NULL;
    kx_url_append_query(params, "appid", app);
    int result = kx_service_get(logs->history, "/v1/history/aggregatedlogs", params->str, call,
                                &answer, err);
    if (result == 0) add_ids(out, items_at(answer, "containerLogsInfo"), app);
    return result;
}

static void keep_own(GPtrArray *names, const char *app)
{
    for (guint i = names->len; i > 0; i--)
        if (!kx_logs_is_container(g_ptr_array_index(names, i - 1), app))
            g_ptr_array_remove_index(names, i - 1);
}

/* Are logs collected while it runs? */
static bool has_rounds(struct kx_logs *logs, const char *app, const struct kx_call *call)
{
    static const char *const ROUNDS[] = {"RUNNING", "RUNNING_WITH_FAILURE", NULL};
    g_autoptr(kx_answer) answer = NULL;
    if (kx_yarn_app(logs->yarn, app, call, &answer, NULL) < 0) return false;
    g_autofree char *status = kx_item_text(kx_answer_root(answer), "app/logAggregationStatus");
    return status && g_strv_contains(ROUNDS, status);
}

int kx_logs_containers(struct kx_logs *logs, const char *app, const struct kx_call *call,
                       GPtrArray *out, struct kx_error *err)
{
    bool ended = false;
    int result = app_ended(logs, app, call, &ended, err);
    if (result < 0) return result;
    if (ended && logs->history && collected(logs, app, call, out, NULL) == 0 && out->len) return 0;
    if (ended && kx_collected_containers(logs->collected, app, call, out, NULL) == 0) {
        keep_own(out, app);
        if (out->len) return 0;
    }
    result = kx_nodes_containers(logs->nodes, app, call, out, err);
    if (result < 0 || ended || !has_rounds(logs, app, call)) return result;
    if (kx_collected_containers(logs->collected, app, call, out, NULL) == 0) keep_own(out, app);
    return 0;
}
