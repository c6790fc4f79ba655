/* The client as an object: what it was made of, and what hangs on it. */
#include "rest/client_private.h"
#include "rest/verify.h"

#define DEFAULT_TIMEOUT_MS 30000
#define DEFAULT_STALL_MS   60000
#define DEFAULT_ATTEMPTS   4
#define END_MS             5000 /* of what is given back at the end */

/* It cannot fail: nothing is read. */
static struct kx_auth *simple_auth(const struct kx_client_config *config)
{
    const struct kx_auth_config simple = {
        .clock = config->clock, .log = config->log, .user = config->user, .login = KX_LOGIN_SIMPLE};
    struct kx_auth *auth = NULL;
    kx_auth_new(&simple, NULL, &auth, NULL);
    return auth;
}

int kx_client_new(const struct kx_client_config *config, struct kx_client **out,
                  struct kx_error *err)
{
    const struct kx_http_config http_config = {.clock = config->clock,
                                               .log = config->log,
                                               .pool = config->pool,
                                               .stats = config->stats,
                                               .budget = config->budget,
                                               .user_agent = "knoxfs",
                                               .settings = config->settings,
                                               .connect_timeout_ms = config->connect_timeout_ms};
    struct kx_http *http = NULL;
    int result = kx_http_new(&http_config, &http, err);
    if (result < 0) return result;
    struct kx_client *client = g_new0(struct kx_client, 1);
    client->config = *config;
    client->config.settings = NULL;
    client->http = http;
    if (!config->auth) client->own_auth = simple_auth(config);
    client->auth = config->auth ? config->auth : client->own_auth;
    kx_silence_init(&client->silence);
    client->user = kx_auth_user(client->auth);
    client->suspects = kx_suspects_new(config->clock);
    client->datanodes = kx_datanodes_new(config->clock);
    client->sums = kx_sums_new();
    client->latency = kx_latency_new();
    client->homes = kx_homes_new(config->endpoint, config->log);
    if (!client->config.timeout_ms) client->config.timeout_ms = DEFAULT_TIMEOUT_MS;
    if (!client->config.stall_ms) client->config.stall_ms = DEFAULT_STALL_MS;
    if (!client->config.attempts) client->config.attempts = DEFAULT_ATTEMPTS;
    *out = client;
    return 0;
}

void kx_client_free(struct kx_client *client)
{
    if (!client) return;
    const struct kx_clock *clock = client->config.clock;
    const struct kx_limits limits = {.deadline_ms = clock->now_ms(clock) + END_MS};
    kx_auth_end(client->auth, client->http, &limits);
    kx_http_free(client->http);
    kx_silence_clear(&client->silence);
    kx_suspects_free(client->suspects);
    kx_datanodes_free(client->datanodes);
    kx_sums_free(client->sums);
    kx_latency_free(client->latency);
    kx_homes_free(client->homes);
    kx_auth_free(client->own_auth);
    g_free(client->user);
    g_free(client);
}

const struct kx_endpoint *kx_client_endpoint(const struct kx_client *client)
{
    return kx_homes_at(client->homes, kx_homes_live(client->homes));
}

struct kx_homes *kx_client_homes(const struct kx_client *client)
{
    return client->homes;
}

const char *kx_client_user(const struct kx_client *client)
{
    const char *late = kx_auth_ticket_user(client->auth);
    return late ? late : client->user;
}

struct kx_auth *kx_client_auth(struct kx_client *client)
{
    return client->auth;
}

bool kx_client_is_home(const struct kx_client *client, const char *url)
{
    return kx_homes_own(client->homes, url);
}

void kx_client_leave(struct kx_client *client, const struct kx_error *why)
{
    kx_homes_failed(client->homes, kx_homes_live(client->homes), why);
}

struct kx_features *kx_client_features(struct kx_client *client)
{
    return &client->features;
}

struct kx_datanodes *kx_client_datanodes(struct kx_client *client)
{
    return client->datanodes;
}

struct kx_sums *kx_client_sums(struct kx_client *client)
{
    return client->sums;
}

struct kx_latency *kx_client_latency(struct kx_client *client)
{
    return client->latency;
}

struct kx_http *kx_client_http(const struct kx_client *client)
{
    return client->http;
}

struct kx_budget *kx_client_budget(const struct kx_client *client)
{
    return client->config.budget;
}

struct kx_log *kx_client_log(const struct kx_client *client)
{
    return client->config.log;
}

const struct kx_clock *kx_client_clock(const struct kx_client *client)
{
    return client->config.clock;
}

void kx_client_reconnect(struct kx_client *client)
{
    const struct kx_clock *clock = client->config.clock;
    kx_suspects_drop(client->suspects);
    kx_silence_answered(&client->silence, clock->now_ms(clock));
}

void kx_client_answered(struct kx_client *client, int64_t us)
{
    int_least64_t least = atomic_load(&client->answer_us);
    us = MAX(us, 1);
    while ((least == 0 || us < least) &&
           !atomic_compare_exchange_weak(&client->answer_us, &least, us))
        ;
    if (g_atomic_int_compare_and_exchange(&client->away, 1, 0))
        kx_log_event(client->config.log, KX_LOG_INFO, "server", "%s answers again",
                     kx_client_endpoint(client)->origin);
}

void kx_client_away(struct kx_client *client, const struct kx_error *why)
{
    if (!g_atomic_int_compare_and_exchange(&client->away, 0, 1)) return;
    kx_log_event(client->config.log, KX_LOG_DEBUG, "server", "%s does not answer: %s",
                 kx_client_endpoint(client)->origin,
                 why->message ? why->message : g_strerror(why->code));
}

struct kx_distance kx_client_distance(struct kx_client *client)
{
    bool redirects = kx_feature_get(&client->features, KX_FEATURE_OPEN_REDIRECTS) == KX_YES;
    return (struct kx_distance){.answer_us = atomic_load(&client->answer_us),
                                .datanodes = redirects && !*kx_client_endpoint(client)->gateway};
}

uint64_t kx_client_sent(struct kx_client *client, enum kx_op op)
{
    return atomic_load(&client->sent[op]);
}

void kx_client_answers(struct kx_client *client, enum kx_op op, struct kx_histogram_view *out)
{
    kx_histogram_read(&client->answers[op], out);
}

struct kx_stats *kx_client_stats(struct kx_client *client)
{
    return client->config.stats;
}

int kx_client_timeout_ms(const struct kx_client *client)
{
    return client->config.timeout_ms;
}

int64_t kx_client_stall_ms(const struct kx_client *client)
{
    return client->config.stall_ms;
}

struct kx_limits kx_client_body_limits(const struct kx_client *client, const struct kx_call *call)
{
    return (struct kx_limits){.cancel = call ? call->cancel : NULL,
                              .stall_ms = client->config.stall_ms};
}
