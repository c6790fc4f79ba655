/* A range whose first byte is late is asked of another DataNode as well. */
#include <errno.h>
#include <string.h>

#include "pulled.h"
#include "rest/latency.h"
#include "server.h"
#include "support.h"

#define LENGTH  ((gint64)5000)
#define FIRST   "10.0.0.1:9866" /* the transfer name of the first DataNode */
#define LATE_US 400000

struct cluster {
    struct server *namenode, *first, *second;
    struct world *world;
    struct kx_stats stats;
    struct kx_error err;
    GMutex mutex;  /* guards what follows */
    bool holds;    /* the first DataNode says nothing */
    bool refuses;  /* ... and the second one refuses */
    bool alone;    /* there is no other than the first one */
    bool nameless; /* nobody knows its transfer name */
    unsigned asked[2], redirects, located, closed;
};

static void say(struct connection *connection, int status, const char *body)
{
    connection_print(connection, "HTTP/1.1 %d No\r\nContent-Length: %zu\r\n\r\n%s", status,
                     strlen(body), body);
}

static void locate(struct connection *connection, struct cluster *c)
{
    g_autofree char *body = g_strdup_printf(
        "{\"LocatedBlocks\":{\"locatedBlocks\":[{\"locations\":[{\"name\":\"" FIRST "\","
        "\"hostName\":\"127.0.0.1\",\"ipAddr\":\"127.0.0.1\",\"infoPort\":%d,\"infoSecurePort\":0}"
        "]}]}}",
        c->nameless ? 1 : server_port(c->first));
    c->located++;
    say(connection, 200, body);
}

static void redirect(struct connection *connection, struct cluster *c, const char *target)
{
    bool avoided = strstr(target, "excludedatanodes=10.0.0.1");
    c->redirects++;
    if (avoided && c->alone) {
        say(connection, 403,
            "{\"RemoteException\":{\"exception\":\"IOException\",\"message\":\"Failed to find "
            "datanode, suggest to check cluster health.\"}}");
        return;
    }
    connection_print(
        connection,
        "HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:%d%s&namenoderpcaddress=nn:8020\r\n"
        "Content-Length: 0\r\n\r\n",
        server_port(avoided ? c->second : c->first), target);
}

static void serve_names(struct connection *connection, void *context)
{
    struct cluster *c = context;
    struct request request;
    while (connection_read_head(connection, &request)) {
        g_mutex_lock(&c->mutex);
        if (strstr(request.target, "op=GET_BLOCK_LOCATIONS"))
            locate(connection, c);
        else
            redirect(connection, c, request.target);
        g_mutex_unlock(&c->mutex);
        request_clear(&request);
    }
}

/* @return whether it is to say nothing: the first request that finds it so, of each test. */
static bool note(struct cluster *c, unsigned which)
{
    g_mutex_lock(&c->mutex);
    c->asked[which]++;
    bool mute = which == 0 && c->holds;
    c->holds = c->holds && which != 0;
    g_mutex_unlock(&c->mutex);
    return mute;
}

static void serve(struct connection *connection, struct cluster *c, unsigned which)
{
    struct request request;
    if (!connection_read_head(connection, &request)) return;
    const char *offset = strstr(request.target, "&offset="),
               *length = strstr(request.target, "&length=");
    if (note(c, which)) {
        bool closed = connection_wait_closed(connection, 20000);
        g_mutex_lock(&c->mutex);
        c->closed += closed;
        g_mutex_unlock(&c->mutex);
    } else if (which == 1 && c->refuses) {
        say(connection, 500, "no");
    } else {
        gint64 bytes = g_ascii_strtoll(length + strlen("&length="), NULL, 10);
        connection_print(connection,
                         "HTTP/1.1 200 OK\r\nConnection: close\r\n"
                         "Content-Length: %" G_GINT64_FORMAT "\r\n\r\n",
                         bytes);
        connection_write_pattern(connection, g_ascii_strtoll(offset + strlen("&offset="), NULL, 10),
                                 bytes);
    }
    request_clear(&request);
}

static void serve_first(struct connection *connection, void *context)
{
    serve(connection, context, 0);
}

static void serve_second(struct connection *connection, void *context)
{
    serve(connection, context, 1);
}

/* Answers are known to take so long that none is late by chance. */
static struct cluster *begin(bool hedge, unsigned seen)
{
    bool waits = !hedge || seen < KX_LATENCY_PRICE; /* for half of the time that it has */
    struct cluster *c = g_new0(struct cluster, 1);
    const struct world_options options = {
        .stall_ms = 8000, .timeout_ms = waits ? 4000 : 16000, .stats = &c->stats, .hedge = hedge};
    g_mutex_init(&c->mutex);
    c->namenode = server_new(serve_names, c);
    c->first = server_new(serve_first, c);
    c->second = server_new(serve_second, c);
    c->world = world_new(server_port(c->namenode), &options);
    for (unsigned i = 0; i < seen; i++)
        kx_latency_note(kx_client_latency(c->world->client), LATE_US);
    return c;
}

static void end(struct cluster *c)
{
    world_free(c->world);
    server_free(c->namenode);
    server_free(c->first);
    server_free(c->second);
    kx_error_clear(&c->err);
    g_mutex_clear(&c->mutex);
    g_free(c);
}

static void get(struct cluster *c, gint64 offset)
{
    gint64 came;
    assert_int_equal(pulled_range(c->world->client, "/f", offset, LENGTH, NULL, &came, &c->err), 0);
    assert_int_equal(came, LENGTH);
}

static void check(struct cluster *c, unsigned first, unsigned second, unsigned redirects,
                  unsigned located)
{
    g_mutex_lock(&c->mutex);
    assert_int_equal(c->asked[0], first);
    assert_int_equal(c->asked[1], second);
    assert_int_equal(c->redirects, redirects);
    assert_int_equal(c->located, located);
    g_mutex_unlock(&c->mutex);
}

static void check_hedges(struct cluster *c, unsigned made, unsigned won)
{
    assert_int_equal(kx_stats_get(&c->stats, KX_STAT_HEDGES), made);
    assert_int_equal(kx_stats_get(&c->stats, KX_STAT_HEDGES_WON), won);
}

static void who_is_late_is_overtaken(void **state)
{
    (void)state;
    struct cluster *c = begin(true, KX_LATENCY_PRICE);
    get(c, 0);
    check(c, 1, 0, 1, 0);
    c->holds = true;
    get(c, 10); /* asked straight */
    check(c, 2, 1, 2, 1);
    check_hedges(c, 1, 1);
    get(c, 20); /* the one that was faster has this part now */
    check(c, 2, 2, 2, 1);
    server_free(g_steal_pointer(&c->first)); /* all its handlers have come back */
    assert_int_equal(c->closed, 1);
    c->first = server_new(serve_first, c);
    end(c);
}

static void behind_a_redirect_too(void **state)
{
    (void)state;
    struct cluster *c = begin(true, KX_LATENCY_PRICE);
    c->holds = true;
    get(c, 0);
    check(c, 1, 1, 2, 1);
    check_hedges(c, 1, 1);
    end(c);
}

static void without_the_option_it_is_waited_for(void **state)
{
    (void)state;
    struct cluster *c = begin(false, 4 * KX_LATENCY_PRICE);
    c->holds = true;
    get(c, 0); /* after half of the operation's time the other one is asked instead */
    check(c, 1, 1, 2, 1);
    check_hedges(c, 0, 0);
    end(c);
}

static void nothing_is_late_that_is_as_usual(void **state)
{
    (void)state;
    struct cluster *c = begin(true, KX_LATENCY_PRICE);
    for (int i = 0; i < 50; i++)
        get(c, i);
    check(c, 50, 0, 1, 0);
    check_hedges(c, 0, 0);
    end(c);
}

static void what_is_usual_must_be_known(void **state)
{
    (void)state;
    struct cluster *c = begin(true, KX_LATENCY_LEAST - 1);
    c->holds = true;
    get(c, 0);
    check_hedges(c, 0, 0);
    end(c);
}

static void no_more_than_is_paid_for(void **state)
{
    (void)state;
    struct cluster *c = begin(true, KX_LATENCY_PRICE - 1);
    c->holds = true;
    get(c, 0);
    check_hedges(c, 0, 0);
    end(c);
}

static void who_has_no_other_is_asked_again(void **state)
{
    (void)state;
    struct cluster *c = begin(true, KX_LATENCY_PRICE);
    c->holds = c->alone = true;
    get(c, 0);
    check(c, 2, 0, 3, 1);
    check_hedges(c, 1, 1);
    end(c);
}

static void who_has_no_name_is_asked_again(void **state)
{
    (void)state;
    struct cluster *c = begin(true, KX_LATENCY_PRICE);
    c->holds = c->nameless = true;
    get(c, 0);
    check(c, 2, 0, 2, 1);
    check_hedges(c, 1, 1);
    end(c);
}

/* What the second one says counts only when it is the bytes. */
static void a_refusal_wins_nothing(void **state)
{
    (void)state;
    struct cluster *c = begin(true, KX_LATENCY_PRICE);
    c->holds = c->refuses = true;
    struct kx_download *d = NULL;
    const struct kx_call call = {.timeout_ms = 2000, .attempts = 1};
    const struct kx_download_range range = {.path = "/f", .length = LENGTH};
    int rc = kx_download_open(c->world->client, &range, &call, &d, &c->err);
    assert_int_equal(rc, -ETIMEDOUT);
    check_hedges(c, 1, 0);
    kx_download_close(d);
    end(c);
}

static void the_usual_is_what_most_need(void **state)
{
    (void)state;
    g_autoptr(kx_latency) latency = kx_latency_new();
    assert_int_equal(kx_latency_usual(latency), 0);
    for (int i = 0; i < 100; i++)
        kx_latency_note(latency, i < 95 ? 1000 : 900000);
    assert_int_equal(kx_latency_usual(latency), 900000);
    kx_latency_note(latency, 1000);
    assert_int_equal(kx_latency_usual(latency), 1000);
    for (int i = 0; i < KX_LATENCY_KEPT; i++)
        kx_latency_note(latency, 7);
    assert_int_equal(kx_latency_usual(latency), 7);
    int paid = 0;
    while (kx_latency_spend(latency))
        paid++;
    assert_int_equal(paid, MIN(101 + KX_LATENCY_KEPT, KX_LATENCY_SAVED) / KX_LATENCY_PRICE);
    for (int i = 0; i < 100 * KX_LATENCY_SAVED; i++)
        kx_latency_note(latency, 7);
    for (paid = 0; kx_latency_spend(latency); paid++)
        ;
    assert_int_equal(paid, KX_LATENCY_SAVED / KX_LATENCY_PRICE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_late_is_overtaken),
        cmocka_unit_test(behind_a_redirect_too),
        cmocka_unit_test(without_the_option_it_is_waited_for),
        cmocka_unit_test(nothing_is_late_that_is_as_usual),
        cmocka_unit_test(what_is_usual_must_be_known),
        cmocka_unit_test(no_more_than_is_paid_for),
        cmocka_unit_test(who_has_no_other_is_asked_again),
        cmocka_unit_test(who_has_no_name_is_asked_again),
        cmocka_unit_test(a_refusal_wins_nothing),
        cmocka_unit_test(the_usual_is_what_most_need),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
