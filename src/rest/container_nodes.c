#include "rest/container_nodes.h"

#include <errno.h>
#include <string.h>

#include "rest/container_logs.h"

static const char NO_ADDRESS[] = "";

struct kx_nodes {
    struct kx_client *client;
    struct kx_yarn *yarn;
    struct kx_yarn *shown; /* behind a gateway: the same with addresses; else NULL */
    char *proxy;           /* "http://host:8088/proxy": in front of the masters */
    GMutex mutex;          /* guards what follows */
    GHashTable *known;     /* a container's id -> its node's address; a task's that is done -> "" */
    GHashTable *nodes;     /* addresses that the ResourceManager names */
    int64_t fresh_until_ms; /* all of them were asked for before */
};

struct kx_nodes *kx_nodes_new(struct kx_client *client, struct kx_yarn *yarn)
{
    struct kx_nodes *nodes = g_new0(struct kx_nodes, 1);
    const struct kx_endpoint *home = kx_client_endpoint(client);
    const char *base = kx_service_base(kx_yarn_service(yarn));
    nodes->client = client;
    nodes->yarn = yarn;
    if (*home->gateway && kx_client_is_home(client, base)) {
        g_autofree char *shown = g_strconcat(home->origin, home->gateway, "/yarn/ws", NULL);
        nodes->shown = kx_yarn_new(client, shown);
        nodes->proxy = g_strconcat(home->origin, home->gateway, "/yarn/proxy", NULL);
    } else {
        gsize length = strlen(base) - (g_str_has_suffix(base, "/ws") ? strlen("/ws") : 0);
        g_autofree char *root = g_strndup(base, length);
        nodes->proxy = g_strconcat(root, "/proxy", NULL);
    }
    g_mutex_init(&nodes->mutex);
    nodes->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    nodes->nodes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return nodes;
}

void kx_nodes_free(struct kx_nodes *nodes)
{
    if (!nodes) return;
    kx_yarn_free(nodes->shown);
    g_hash_table_destroy(nodes->known);
    g_hash_table_destroy(nodes->nodes);
    g_mutex_clear(&nodes->mutex);
    g_free(nodes->proxy);
    g_free(nodes);
}

/* @return owned; NULL: it was not named yet. */
static char *address_of(struct kx_nodes *nodes, const char *id)
{
    g_mutex_lock(&nodes->mutex);
    char *address = g_strdup(g_hash_table_lookup(nodes->known, id));
    g_mutex_unlock(&nodes->mutex);
    return address;
}

/* What YARNUI makes of an address: ".../yarn/nodemanager/node?scheme=http&host=host&port=8042".
 *  @return owned; NULL: it is not there. */
static char *address_in_query(const char *query)
{
    g_autoptr(GHashTable) values = g_uri_parse_params(query, -1, "&", G_URI_PARAMS_NONE, NULL);
    const char *scheme = values ? g_hash_table_lookup(values, "scheme") : NULL;
    const char *host = values ? g_hash_table_lookup(values, "host") : NULL;
    const char *port = values ? g_hash_table_lookup(values, "port") : NULL;
    return host && port ? g_strconcat(scheme ? scheme : "http", "://", host, ":", port, NULL)
                        : NULL;
}

/* "host:8042", "http://host:8042", or as above; ".../yarn/cluster" says nothing any more.
 *  @return owned "http://host:8042"; NULL: nothing, or no address. */
static char *address_in(const struct kx_item *item, const char *member)
{
    __attribute__((cleanup(kx_url_parts_clear))) struct kx_url_parts parts = {.port = -1};
    g_autofree char *text = kx_item_text(item, member);
    const char *query = text ? strchr(text, '?') : NULL;
    g_autofree char *url = query                          ? address_in_query(query + 1)
                           : text && !strstr(text, "://") ? g_strconcat("http://", text, NULL)
                                                          : g_strdup(text);
    if (!url || !kx_url_split(url, false, &parts) || !parts.host || parts.port <= 0) return NULL;
    bool plain = !*parts.path && !parts.query && !parts.fragment && !parts.userinfo;
    bool spoken = g_strcmp0(parts.scheme, "http") == 0 || g_strcmp0(parts.scheme, "https") == 0;
    if (!plain || !spoken || !kx_url_host_valid(parts.host)) return NULL;
    g_autofree char *host = g_ascii_strdown(parts.host, -1);
    GString *address = g_string_new(NULL);
    kx_url_append_origin(address, parts.scheme, host, parts.port);
    return g_string_free(address, FALSE);
}

static void add_node(struct kx_nodes *nodes, const char *address)
{
    g_mutex_lock(&nodes->mutex);
    if (g_hash_table_size(nodes->nodes) >= KX_NODES_MAX) g_hash_table_remove_all(nodes->nodes);
    g_hash_table_add(nodes->nodes, g_strdup(address));
    g_mutex_unlock(&nodes->mutex);
}

static bool is_node(struct kx_nodes *nodes, const char *address)
{
    g_mutex_lock(&nodes->mutex);
    bool known = g_hash_table_contains(nodes->nodes, address);
    g_mutex_unlock(&nodes->mutex);
    return known;
}

/* Ask for all nodes, unless that was done a moment ago: a list may be long, and a job may name
 * address after address that is none. */
static int ask_nodes(struct kx_nodes *nodes, const struct kx_call *call, struct kx_error *err)
{
    const struct kx_clock *clock = kx_client_clock(nodes->client);
    g_autoptr(kx_answer) answer = NULL;
    g_mutex_lock(&nodes->mutex);
    int64_t until_ms = nodes->fresh_until_ms;
    g_mutex_unlock(&nodes->mutex);
    if (clock->now_ms(clock) < until_ms) return 0;
    struct kx_yarn *yarn = nodes->shown ? nodes->shown : nodes->yarn;
    int result = kx_yarn_get(yarn, "nodes", NULL, call, &answer, err);
    if (result < 0) return result;
    const struct kx_item *all = kx_item_at(kx_answer_root(answer), "nodes/node");
    for (size_t i = 0; i < kx_item_count(all); i++) {
        g_autofree char *one = address_in(kx_item_element(all, i), "nodeHTTPAddress");
        if (one) add_node(nodes, one);
    }
    g_mutex_lock(&nodes->mutex);
    nodes->fresh_until_ms = clock->now_ms(clock) + KX_YARN_FRESH_MS;
    g_mutex_unlock(&nodes->mutex);
    return 0;
}

/* What is known better is not overwritten by a blank.  @address NULL: it is one. */
static void remember(struct kx_nodes *nodes, const char *id, const char *address)
{
    g_mutex_lock(&nodes->mutex);
    bool here = g_hash_table_contains(nodes->known, id);
    if (g_hash_table_size(nodes->known) >= KX_NODES_MAX && !here)
        g_hash_table_remove_all(nodes->known);
    if (address || !here)
        g_hash_table_insert(nodes->known, g_strdup(id), g_strdup(address ? address : NO_ADDRESS));
    g_mutex_unlock(&nodes->mutex);
}

/* What the ResourceManager says.  @return whether an address was missing. */
static bool take_all(struct kx_nodes *nodes, const char *app, const struct kx_item *all)
{
    bool blank = false;
    for (size_t i = 0; i < kx_item_count(all); i++) {
        const struct kx_item *item = kx_item_element(all, i);
        g_autofree char *id = kx_item_text(item, "containerId");
        g_autofree char *address = address_in(item, "nodeHttpAddress");
        if (!id || !kx_logs_is_container(id, app)) continue;
        if (address) add_node(nodes, address);
        remember(nodes, id, address);
        blank = blank || !address;
    }
    return blank;
}

/* What a master says.  @return -errno: it cannot be compared with what YARN has. */
static int take_claims(struct kx_nodes *nodes, const char *app, const struct kx_item *all,
                       const struct kx_call *call, struct kx_error *err)
{
    for (size_t i = 0; i < kx_item_count(all); i++) {
        const struct kx_item *item = kx_item_element(all, i);
        g_autofree char *id = kx_item_text(item, "assignedContainerId");
        g_autofree char *address = address_in(item, "nodeHttpAddress");
        if (!id || !kx_logs_is_container(id, app)) continue;
        int result = !address || is_node(nodes, address) ? 0 : ask_nodes(nodes, call, err);
        if (result < 0) return result;
        remember(nodes, id, address && is_node(nodes, address) ? address : NULL);
    }
    return 0;
}

/* The masters, and what runs of the last one's.  @blank set where an address was missing. */
static int ask_manager(struct kx_nodes *nodes, struct kx_yarn *yarn, const char *app,
                       const struct kx_call *call, bool *blank, struct kx_error *err)
{
    g_autoptr(kx_answer) attempts = NULL, running = NULL;
    int result = kx_yarn_app_part(yarn, app, "appattempts", call, &attempts, err);
    if (result < 0) return result;
    const struct kx_item *all = kx_item_at(kx_answer_root(attempts), "appAttempts/appAttempt");
    size_t count = kx_item_count(all);
    const struct kx_item *last = count ? kx_item_element(all, count - 1) : NULL;
    g_autofree char *id = kx_item_text(last, "appAttemptId"), *part = NULL;
    *blank = take_all(nodes, app, all);
    if (!id) return 0;
    part = g_strconcat("appattempts/", id, "/containers", NULL);
    result = kx_yarn_app_part(yarn, app, part, call, &running, err);
    if (result < 0) return result;
    const struct kx_item *now = kx_item_at(kx_answer_root(running), "container");
    *blank = take_all(nodes, app, now) || *blank;
    return 0;
}

/* Has the task containers, and are these all that it will have? */
static bool has_begun(const struct kx_item *task, bool *done)
{
    static const char *const DONE[] = {"SUCCEEDED", "FAILED", "KILLED", NULL};
    g_autofree char *state = kx_item_text(task, "state");
    *done = state && g_strv_contains(DONE, state);
    return *done || g_strcmp0(state, "RUNNING") == 0;
}

static int ask_task(struct kx_nodes *nodes, struct kx_service *master, const char *app,
                    const char *task, const struct kx_call *call, struct kx_error *err)
{
    g_autofree char *path = g_strconcat("/tasks/", task, "/attempts", NULL);
    g_autoptr(kx_answer) answer = NULL;
    int result = kx_service_get(master, path, NULL, call, &answer, err);
    if (result < 0) return result;
    const struct kx_item *all = kx_item_at(kx_answer_root(answer), "taskAttempts/taskAttempt");
    return take_claims(nodes, app, all, call, err);
}

/* Those of its tasks that are done, or the others, which have several attempts perhaps. */
static int ask_tasks(struct kx_nodes *nodes, struct kx_service *master, const char *app,
                     const struct kx_item *all, bool wanted, int *asked, const struct kx_call *call,
                     struct kx_error *err)
{
    for (size_t i = 0; i < kx_item_count(all) && *asked < KX_NODES_TASKS; i++) {
        const struct kx_item *task = kx_item_element(all, i);
        g_autofree char *id = kx_item_text(task, "id");
        g_autofree char *known = id ? address_of(nodes, id) : NULL;
        bool done = false;
        if (!id || known || strchr(id, '/') || !has_begun(task, &done) || done != wanted) continue;
        int result = ask_task(nodes, master, app, id, call, err);
        if (result < 0) return result;
        if (done) remember(nodes, id, NULL);
        ++*asked;
    }
    return 0;
}

/* All containers of a MapReduce job, the ones that have ended as well. */
static int ask_master(struct kx_nodes *nodes, const char *app, const struct kx_call *call,
                      struct kx_error *err)
{
    g_autofree char *base = g_strconcat(nodes->proxy, "/", app, "/ws/v1/mapreduce/jobs/job_",
                                        app + strlen("application_"), NULL);
    const struct kx_service_config config = {
        .name = "the job's master", .base = base, .client = nodes->client};
    g_autoptr(kx_service) master = kx_service_new(&config);
    g_autoptr(kx_answer) answer = NULL;
    int asked = 0, result = kx_service_get(master, "/tasks", NULL, call, &answer, err);
    if (result < 0) return result;
    const struct kx_item *all = kx_item_at(kx_answer_root(answer), "tasks/task");
    result = ask_tasks(nodes, master, app, all, true, &asked, call, err);
    return result < 0 ? result : ask_tasks(nodes, master, app, all, false, &asked, call, err);
}

static bool has_master(struct kx_nodes *nodes, const char *app, const struct kx_call *call)
{
    g_autoptr(kx_answer) answer = NULL;
    if (kx_yarn_app(nodes->yarn, app, call, &answer, NULL) < 0) return false;
    g_autofree char *kind = kx_item_text(kx_answer_root(answer), "app/applicationType");
    g_autofree char *state = kx_item_text(kx_answer_root(answer), "app/state");
    return g_strcmp0(kind, "MAPREDUCE") == 0 && g_strcmp0(state, "RUNNING") == 0;
}

/* Whoever names containers is asked; of the ResourceManager an error counts. @container NULL: all.
 */
static int learn(struct kx_nodes *nodes, const char *app, const char *container,
                 const struct kx_call *call, struct kx_error *err)
{
    KX_ERROR_AUTO(ignored);
    bool blank = false, still = false;
    int result = ask_manager(nodes, nodes->yarn, app, call, &blank, err);
    if (result < 0) return result;
    if (blank && nodes->shown) ask_manager(nodes, nodes->shown, app, call, &still, &ignored);
    if (ignored.code == EINTR) return kx_error_set(err, EINTR, "interrupted");
    g_autofree char *address = container ? address_of(nodes, container) : NULL;
    if ((address && *address) || !has_master(nodes, app, call)) return 0;
    kx_error_clear(&ignored);
    if (ask_master(nodes, app, call, &ignored) == -EINTR)
        return kx_error_set(err, EINTR, "interrupted");
    return 0;
}

int kx_nodes_containers(struct kx_nodes *nodes, const char *app, const struct kx_call *call,
                        GPtrArray *out, struct kx_error *err)
{
    GHashTableIter iter;
    gpointer id;
    int result = learn(nodes, app, NULL, call, err);
    if (result < 0) return result;
    g_mutex_lock(&nodes->mutex);
    g_hash_table_iter_init(&iter, nodes->known);
    while (g_hash_table_iter_next(&iter, &id, NULL))
        if (kx_logs_is_container(id, app)) g_ptr_array_add(out, g_strdup(id));
    g_mutex_unlock(&nodes->mutex);
    return 0;
}

int kx_nodes_find(struct kx_nodes *nodes, const char *app, const char *container,
                  const struct kx_call *call, char **out, struct kx_error *err)
{
    g_autofree char *address = address_of(nodes, container);
    if (!address || !*address) {
        int result = learn(nodes, app, container, call, err);
        if (result < 0) return result;
        g_free(address);
        address = address_of(nodes, container);
    }
    if (!address) return kx_error_set(err, ENOENT, "nobody names %s", container);
    *out = g_steal_pointer(&address);
    return 0;
}
