#include "fs/services.h"

#include <errno.h>
#include <string.h>

#define AGAIN_MS   60000 /* between two looks for one that is not there */
#define TIMEOUT_MS 5000

/* What there is, and where it is usually found. */
static const struct {
    const char *name, *title;
    int port;
    const char *path;         /* below the host */
    const char *gateway_path; /* below a topology */
    const char *probe;        /* what a right answer is an answer to */
    const char *member;       /* that it has; NULL: it is an array */
    size_t option;
} KINDS[] = {
    [KX_SERVICE_OOZIE] = {"oozie", "Oozie", 11000, "/oozie", "/oozie", "/versions", NULL,
                          offsetof(struct kx_options, oozie)},
    [KX_SERVICE_YARN] = {"yarn", "YARN", 8088, "/ws", "/resourcemanager", "/v1/cluster/info",
                         "clusterInfo", offsetof(struct kx_options, yarn)},
    [KX_SERVICE_HISTORY] = {"jobhistory", "job history", 19888, "/ws", "/jobhistory/ws",
                            "/v1/history/info", "historyInfo",
                            offsetof(struct kx_options, jobhistory)},
};

struct one {
    struct kx_service *service; /* NULL: there is none */
    bool given;
    gint found; /* atomic: it has answered */
    char *why;  /* not found yet: the reason; guarded by the mutex */
};

struct kx_services {
    struct kx_oozie *oozie;
    struct kx_yarn *yarn;
    struct kx_logs *logs; /* NULL without YARN */
    struct kx_jmx *jmx;
    struct one all[KX_SERVICE_KINDS];
    struct kx_cancel *ending;
    GThread *thread;
    GMutex mutex; /* guards what follows, and the reasons */
    GCond changed;
    bool looked; /* at each once */
};

const char *kx_services_name(enum kx_service_kind kind)
{
    return KINDS[kind].name;
}

/* "http://host:8088" and "http://host:8088/" are completed by the usual path. */
static int base_of(enum kx_service_kind kind, const char *given, char **out, struct kx_error *err)
{
    struct kx_url_parts parts = {0};
    bool valid = kx_url_split(given, false, &parts) && parts.scheme && parts.host &&
                 (strcmp(parts.scheme, "http") == 0 || strcmp(parts.scheme, "https") == 0) &&
                 !parts.query && !parts.fragment && !parts.userinfo;
    bool bare = !parts.path || !*parts.path || strcmp(parts.path, "/") == 0;
    kx_url_parts_clear(&parts);
    if (!valid)
        return kx_error_set(err, EINVAL,
                            "-o %s=%s: a URL like http://HOST:%d%s is expected, or none",
                            KINDS[kind].name, given, KINDS[kind].port, KINDS[kind].path);
    size_t length = strlen(given);
    while (length && given[length - 1] == '/')
        length--;
    g_autofree char *cut = g_strndup(given, length);
    *out = g_strconcat(cut, bare ? KINDS[kind].path : "", NULL);
    return 0;
}

/* Where it usually is beside this endpoint. */
static char *derive(enum kx_service_kind kind, const struct kx_endpoint *endpoint)
{
    if (*endpoint->gateway)
        return g_strconcat(endpoint->origin, endpoint->gateway, KINDS[kind].gateway_path, NULL);
    GString *base = g_string_new(NULL);
    kx_url_append_origin(base, "http", endpoint->host, KINDS[kind].port);
    g_string_append(base, KINDS[kind].path);
    return g_string_free(base, FALSE);
}

static int make_one(struct kx_services *services, enum kx_service_kind kind,
                    const struct kx_options *options, struct kx_client *client,
                    struct kx_error *err)
{
    struct one *one = &services->all[kind];
    const char *given = *(char *const *)((const char *)options + KINDS[kind].option);
    g_autofree char *base = NULL;
    if (given && strcmp(given, "none") == 0) return 0;
    int result = given ? base_of(kind, given, &base, err) : 0;
    if (result < 0) return result;
    if (!given) base = derive(kind, kx_client_endpoint(client));
    one->given = given != NULL;
    one->why = g_strdup("not asked yet");
    if (kind == KX_SERVICE_OOZIE) {
        services->oozie = kx_oozie_new(client, base);
        one->service = kx_oozie_service(services->oozie);
    } else if (kind == KX_SERVICE_YARN) {
        services->yarn = kx_yarn_new(client, base);
        one->service = kx_yarn_service(services->yarn);
    } else {
        const struct kx_service_config config = {
            .name = KINDS[kind].title, .base = base, .client = client};
        one->service = kx_service_new(&config);
    }
    return 0;
}

/* Is it there, and what it should be? */
static int look_at(struct kx_services *services, enum kx_service_kind kind, struct kx_error *err)
{
    struct one *one = &services->all[kind];
    const struct kx_call call = {
        .cancel = services->ending, .timeout_ms = TIMEOUT_MS, .attempts = 1};
    g_autoptr(kx_answer) answer = NULL;
    int result = kx_service_get(one->service, KINDS[kind].probe, NULL, &call, &answer, err);
    if (result < 0) return result;
    const struct kx_item *root = kx_answer_root(answer);
    bool right =
        KINDS[kind].member ? kx_item_at(root, KINDS[kind].member) != NULL : kx_item_count(root) > 0;
    return right ? 0
                 : kx_error_set(err, EPROTO, "%s is no %s", kx_service_base(one->service),
                                KINDS[kind].title);
}

/* @return whether all were found. */
static bool look_at_all(struct kx_services *services)
{
    bool all = true;
    for (int i = 0; i < KX_SERVICE_KINDS; i++) {
        struct one *one = &services->all[i];
        KX_ERROR_AUTO(err);
        if (!one->service || g_atomic_int_get(&one->found)) continue;
        int result = look_at(services, (enum kx_service_kind)i, &err);
        g_mutex_lock(&services->mutex);
        g_free(one->why);
        one->why = result < 0 ? kx_error_format(&err) : NULL;
        g_mutex_unlock(&services->mutex);
        if (result == 0) g_atomic_int_set(&one->found, 1);
        all = all && result == 0;
    }
    g_mutex_lock(&services->mutex);
    services->looked = true;
    g_cond_broadcast(&services->changed);
    g_mutex_unlock(&services->mutex);
    return all;
}

static gpointer look_for_them(gpointer data)
{
    struct kx_services *services = data;
    while (!look_at_all(services))
        if (kx_cancel_sleep(services->ending, AGAIN_MS) < 0) break;
    return NULL;
}

static void wait_for_first_look(struct kx_services *services)
{
    gint64 end = g_get_monotonic_time() + KX_SERVICES_FIRST_MS * G_TIME_SPAN_MILLISECOND;
    g_mutex_lock(&services->mutex);
    while (!services->looked && g_cond_wait_until(&services->changed, &services->mutex, end))
        continue;
    g_mutex_unlock(&services->mutex);
}

int kx_services_new(const struct kx_options *options, struct kx_client *client,
                    struct kx_services **out, struct kx_error *err)
{
    struct kx_services *services = g_new0(struct kx_services, 1);
    int result = 0;
    g_mutex_init(&services->mutex);
    g_cond_init(&services->changed);
    services->ending = kx_cancel_new();
    services->jmx = kx_jmx_new(client);
    for (int i = 0; i < KX_SERVICE_KINDS && result == 0; i++)
        result = make_one(services, (enum kx_service_kind)i, options, client, err);
    if (result < 0) {
        kx_services_free(services);
        return result;
    }
    if (services->yarn)
        services->logs =
            kx_logs_new(client, services->yarn, services->all[KX_SERVICE_HISTORY].service);
    services->thread = g_thread_new("services", look_for_them, services);
    wait_for_first_look(services);
    *out = services;
    return 0;
}

void kx_services_free(struct kx_services *services)
{
    if (!services) return;
    kx_cancel_fire(services->ending);
    if (services->thread) g_thread_join(services->thread);
    kx_logs_free(services->logs);
    kx_jmx_free(services->jmx);
    for (int i = 0; i < KX_SERVICE_KINDS; i++) {
        if (i == KX_SERVICE_HISTORY) kx_service_free(services->all[i].service);
        g_free(services->all[i].why);
    }
    kx_oozie_free(services->oozie);
    kx_yarn_free(services->yarn);
    kx_cancel_unref(services->ending);
    g_mutex_clear(&services->mutex);
    g_cond_clear(&services->changed);
    g_free(services);
}

bool kx_services_shown(struct kx_services *services, enum kx_service_kind kind)
{
    struct one *one = services ? &services->all[kind] : NULL;
    return one && one->service && (one->given || g_atomic_int_get(&one->found));
}

struct kx_oozie *kx_services_oozie(struct kx_services *services)
{
    return services ? services->oozie : NULL;
}

struct kx_yarn *kx_services_yarn(struct kx_services *services)
{
    return services ? services->yarn : NULL;
}

struct kx_logs *kx_services_logs(struct kx_services *services)
{
    return services ? services->logs : NULL;
}

struct kx_jmx *kx_services_jmx(struct kx_services *services)
{
    return services ? services->jmx : NULL;
}

struct kx_service *kx_services_get(struct kx_services *services, enum kx_service_kind kind)
{
    return services ? services->all[kind].service : NULL;
}

void kx_services_tell(struct kx_services *services, GString *out)
{
    for (int i = 0; services && i < KX_SERVICE_KINDS; i++) {
        struct one *one = &services->all[i];
        bool found = g_atomic_int_get(&one->found);
        g_autofree char *failure = found && one->service ? kx_service_failure(one->service) : NULL;
        g_mutex_lock(&services->mutex);
        const char *why = failure ? failure : one->service && one->why ? one->why : "";
        g_string_append_printf(out, "%s\t%s\t%s\t%s\n", KINDS[i].name,
                               one->service ? kx_service_base(one->service) : "none",
                               found && !failure ? "yes" : "no", why);
        g_mutex_unlock(&services->mutex);
    }
}
