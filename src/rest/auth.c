#include "rest/auth.h"

#include <errno.h>
#include <string.h>

#include "rest/auth_ticket.h"
#include "rest/auth_token.h"

#define WAIT_SLICE_MS  100   /* between two looks at the canceller while another thread renews */
#define AGAIN_AFTER_MS 10000 /* when a renewal failed while the old token is still good */

struct kx_auth {
    struct kx_auth_config config; /* borrowed members only; the copies are below */
    char *user, *token_url;
    struct kx_kerberos_config kerberos; /* by which tokens are got; its keytab is owned */
    const char *granted;                /* atomic; interned: whose token a ticket has brought */
    struct kx_tickets *tickets;         /* atomic, made once; NULL: another login */
    GMutex mutex;
    GCond changed;
    /* guarded by mutex */
    struct kx_source source;
    struct kx_pass *pass; /* NULL: a token must be got first */
    struct kx_pass
        *password;  /* by which tokens are got, or a session for a ticket; NULL: none yet */
    int64_t due_ms; /* wall clock: when the token is to be renewed */
    bool renewing;
    unsigned count;         /* of passes */
    unsigned refused;       /* the number of the last pass that was refused; 0: none */
    char *why;              /* owned: why no token came; NULL: it was not that */
    int64_t quiet_until_ms; /* nobody asks again before that, with the refused pass */
};

static int64_t wall_ms(const struct kx_auth *auth)
{
    return auth->config.clock->wall_ms(auth->config.clock);
}

static int64_t now_ms(const struct kx_auth *auth)
{
    return auth->config.clock->now_ms(auth->config.clock);
}

static struct kx_tickets *tickets_of(const struct kx_auth *auth)
{
    return g_atomic_pointer_get(&auth->tickets);
}

/* From now on, or as before, tickets are shown. */
static void begin_tickets(struct kx_auth *auth)
{
    const struct kx_tickets_config config = {.clock = auth->config.clock,
                                             .log = auth->config.log,
                                             .user = auth->config.ticket_user,
                                             .keytab = auth->config.keytab,
                                             .principal = auth->config.principal,
                                             .program = auth->config.ticket_program};
    g_mutex_lock(&auth->mutex);
    if (!auth->tickets) g_atomic_pointer_set(&auth->tickets, kx_tickets_new(&config));
    g_mutex_unlock(&auth->mutex);
}

/* Are tokens got for tickets? */
static bool is_granted(const struct kx_auth *auth)
{
    return auth->token_url && auth->source.kind == KX_SOURCE_NONE;
}

/* @return owned. */
static char *source_name(const struct kx_auth *auth)
{
    if (!is_granted(auth)) return kx_source_name(&auth->source);
    return g_strdup(auth->kerberos.keytab ? auth->kerberos.keytab : "the ticket cache");
}

static void take_pass(struct kx_auth *auth, struct kx_pass *pass)
{
    kx_pass_unref(auth->pass);
    auth->pass = pass;
    if (pass) pass->number = ++auth->count;
}

/* Ask the source.  Mutex held.  On an error everything stays as it was. */
static int read_source(struct kx_auth *auth, struct kx_error *err)
{
    g_autoptr(kx_secret) line = NULL;
    enum kx_login login = auth->token_url ? KX_LOGIN_BASIC : auth->config.login;
    struct kx_pass *pass = NULL;
    int rc = login == KX_LOGIN_SIMPLE ? 0 : kx_source_read(&auth->source, &line, err);
    if (rc == 0) {
        rc = kx_pass_new(login, line, auth->user, &pass, err);
        g_autofree char *name = source_name(auth);
        if (rc < 0) kx_error_prefix(err, "%s", name);
    }
    if (rc < 0) return rc;
    auth->quiet_until_ms = 0;
    if (!auth->token_url) {
        take_pass(auth, pass);
        return 0;
    }
    kx_pass_unref(auth->password);
    auth->password = pass;
    take_pass(auth, NULL);
    return 0;
}

int kx_auth_new(const struct kx_auth_config *config, const char *host, struct kx_auth **out,
                struct kx_error *err)
{
    g_autoptr(kx_auth) auth = g_new0(struct kx_auth, 1);
    auth->config = *config;
    auth->user = g_strdup(config->user);
    auth->token_url = g_strdup(config->token_url);
    g_mutex_init(&auth->mutex);
    g_cond_init(&auth->changed);
    kx_source_init(&auth->source, config->source, config->where, host);
    auth->source.typed = config->typed;
    int rc = 0;
    auth->kerberos = (struct kx_kerberos_config){
        .keytab = config->keytab ? g_canonicalize_filename(config->keytab, NULL) : NULL,
        .principal = config->principal,
        .program = config->ticket_program};
    if (config->login == KX_LOGIN_NEGOTIATE)
        begin_tickets(auth);
    else if (is_granted(auth))
        kx_secret_guard_process();
    else
        rc = read_source(auth, err);
    if (rc == 0) *out = g_steal_pointer(&auth);
    return rc;
}

void kx_auth_free(struct kx_auth *auth)
{
    if (!auth) return;
    kx_pass_unref(auth->pass);
    kx_pass_unref(auth->password);
    kx_tickets_free(auth->tickets);
    kx_source_clear(&auth->source);
    g_mutex_clear(&auth->mutex);
    g_cond_clear(&auth->changed);
    g_free(auth->user);
    g_free(auth->token_url);
    g_free(auth->why);
    g_free((gpointer)(guintptr)auth->kerberos.keytab);
    g_free(auth);
}

/* Mutex held. */
static void read_what_changed(struct kx_auth *auth, struct kx_http *http)
{
    KX_ERROR_AUTO(err);
    if (!kx_source_changed(&auth->source)) return;
    if (read_source(auth, &err) == 0) {
        kx_http_forget_session(http); /* it was the other login's */
        kx_log_event(auth->config.log, KX_LOG_INFO, "login",
                     "the login was read again: %s has changed", auth->source.where);
        return;
    }
    g_autofree char *line = kx_error_format(&err);
    kx_log_write(auth->config.log, KX_LOG_DEBUG, "the login stays as it was: %s", line);
}

static bool token_is_good(const struct kx_auth *auth)
{
    const struct kx_pass *pass = auth->pass;
    return pass && (!pass->expires_ms || wall_ms(auth) < pass->expires_ms);
}

/* Get a token. Mutex held, free meanwhile. */
static int renew(struct kx_auth *auth, struct kx_http *http, const struct kx_limits *limits,
                 struct kx_error *err)
{
    g_autoptr(kx_pass) with = auth->password ? kx_pass_ref(auth->password) : NULL;
    struct kx_pass *token = NULL, *session = NULL;
    const struct kx_token_ask ask = {.http = http,
                                     .clock = auth->config.clock,
                                     .url = auth->token_url,
                                     .limits = limits,
                                     .kerberos = is_granted(auth) ? &auth->kerberos : NULL,
                                     .user = auth->config.ticket_user};
    auth->renewing = true;
    g_clear_pointer(&auth->why, g_free);
    g_mutex_unlock(&auth->mutex);
    int rc = kx_token_get(&ask, with, &token, &session, err);
    g_mutex_lock(&auth->mutex);
    auth->renewing = false;
    g_cond_broadcast(&auth->changed);
    if (session) {
        kx_pass_unref(auth->password);
        auth->password = session;
    }
    if (rc == 0) {
        auth->due_ms = kx_pass_due_ms(token, wall_ms(auth));
        take_pass(auth, token);
        kx_pass_tell(token, auth->config.log);
        if (ask.kerberos && token->user)
            g_atomic_pointer_set(&auth->granted, g_intern_string(token->user));
        return 0;
    }
    if (rc == -EACCES) {
        auth->quiet_until_ms = now_ms(auth) + KX_REFUSED_MS;
        auth->why = g_strdup(err ? err->message : NULL);
    }
    auth->due_ms = wall_ms(auth) + AGAIN_AFTER_MS;
    return rc;
}

/* Another thread is getting a token.  @return 0: look again; -errno: no more patience. */
static int wait_for_renewal(struct kx_auth *auth, const struct kx_limits *limits,
                            struct kx_error *err)
{
    if (kx_cancel_fired(limits->cancel)) return kx_error_set(err, EINTR, "interrupted");
    if (limits->deadline_ms && now_ms(auth) >= limits->deadline_ms)
        return kx_error_set(err, ETIMEDOUT, "no token came in time");
    g_cond_wait_until(&auth->changed, &auth->mutex,
                      g_get_monotonic_time() + WAIT_SLICE_MS * G_TIME_SPAN_MILLISECOND);
    return 0;
}

static int leave_alone(const struct kx_auth *auth, struct kx_error *err)
{
    g_autofree char *name = source_name(auth);
    if (auth->why) return kx_error_set(err, EACCES, "%s", auth->why);
    return kx_error_set(err, EACCES, "the server refused the login (from %s) a moment ago", name);
}

/* Mutex held.  @return 0: there is a token that is good. */
static int need_token(struct kx_auth *auth, struct kx_http *http, const struct kx_limits *limits,
                      struct kx_error *err)
{
    int rc = 0;
    while (rc == 0 && !token_is_good(auth)) {
        if (auth->renewing)
            rc = wait_for_renewal(auth, limits, err);
        else if (now_ms(auth) < auth->quiet_until_ms)
            rc = leave_alone(auth, err);
        else
            rc = renew(auth, http, limits, err);
    }
    if (rc < 0 || auth->renewing || wall_ms(auth) < auth->due_ms) return rc;
    KX_ERROR_AUTO(ignored); /* the old one is good for a while */
    if (renew(auth, http, limits, &ignored) < 0) {
        g_autofree char *line = kx_error_format(&ignored);
        kx_log_event(auth->config.log, KX_LOG_WARNING, "login", "the token is not renewed yet: %s",
                     line);
    }
    return token_is_good(auth) ? 0 : kx_error_set(err, EACCES, "the token has expired");
}

int kx_auth_pass(struct kx_auth *auth, struct kx_http *http, const struct kx_place *place,
                 const struct kx_limits *limits, struct kx_pass **out, struct kx_error *err)
{
    if (tickets_of(auth)) return kx_tickets_pass(tickets_of(auth), http, place, limits, out, err);
    g_mutex_lock(&auth->mutex);
    read_what_changed(auth, http);
    int rc = auth->token_url ? need_token(auth, http, limits, err) : 0;
    bool refused = rc == 0 && auth->refused == auth->pass->number;
    if (refused && now_ms(auth) < auth->quiet_until_ms) rc = leave_alone(auth, err);
    if (rc == 0) *out = kx_pass_ref(auth->pass);
    g_mutex_unlock(&auth->mutex);
    return rc;
}

/* The pass that was refused is still the present one. Mutex held. */
static bool find_another(struct kx_auth *auth, bool had_session)
{
    bool before = auth->refused && auth->refused + 1 == auth->pass->number;
    auth->refused = auth->pass->number;
    if (auth->token_url && !(before && token_is_good(auth))) {
        take_pass(auth, NULL);
        return true;
    }
    KX_ERROR_AUTO(err);
    bool ask = kx_source_changed(&auth->source) || (kx_source_asks(&auth->source) && !before);
    if (ask && read_source(auth, &err) == 0) return true;
    auth->quiet_until_ms = now_ms(auth) + (had_session ? 0 : KX_REFUSED_MS);
    return had_session;
}

bool kx_auth_is_refusal(const struct kx_pass *pass, const struct kx_error *err)
{
    if (err->http_status == 401 || !pass->value) return err->http_status == 401;
    /* Another server's: who does not know it may say so in any words, a standby says "not I". */
    if (pass->lent && !g_atomic_int_get(&pass->accepted) && err->http_status == 403)
        return err->code != EHOSTDOWN && err->code != EROFS;
    return (err->exception && strstr(err->exception, "InvalidToken")) ||
           (err->http_status && err->message && strstr(err->message, "InvalidToken"));
}

bool kx_auth_refused(struct kx_auth *auth, struct kx_http *http, struct kx_pass *pass,
                     const struct kx_limits *limits)
{
    if (kx_cancel_fired(limits->cancel)) return false;
    if (pass->login == KX_LOGIN_SIMPLE) return tickets_of(auth);
    if (pass->login == KX_LOGIN_NEGOTIATE) return kx_tickets_refused(tickets_of(auth), pass);
    /* What was good before may be refused because of the session that came with it. */
    bool had_session = kx_http_forget_session(http) && g_atomic_int_get(&pass->accepted);
    g_mutex_lock(&auth->mutex);
    bool others = !auth->pass || auth->pass->number != pass->number;
    bool again = others || find_another(auth, had_session);
    g_mutex_unlock(&auth->mutex);
    return again;
}

/* What it is that the server refuses. */
static const char *name_of(enum kx_login login)
{
    if (login == KX_LOGIN_NEGOTIATE) return "session";
    return login == KX_LOGIN_BASIC ? "password" : "token";
}

void kx_auth_explain(struct kx_auth *auth, const char *offered, struct kx_error *err)
{
    struct kx_auth_state state;
    bool wanted = offered && g_ascii_strncasecmp(offered, "negotiate", 9) == 0;
    if (wanted && auth->config.login == KX_LOGIN_SIMPLE && auth->config.tickets)
        begin_tickets(auth);
    kx_auth_state(auth, &state);
    g_autofree char *words = NULL;
    if (kx_auth_is_simple(auth)) {
        words = g_strdup_printf("the server wants %s", kx_login_advice(offered));
    } else {
        enum kx_login login = tickets_of(auth) ? KX_LOGIN_NEGOTIATE : auth->config.login;
        bool over = state.expires_ms && state.expires_ms <= wall_ms(auth);
        words = g_strdup_printf("the server refuses the %s%s%s from %s%s", name_of(login),
                                state.user ? " of " : "", state.user ? state.user : "",
                                state.source, over ? ": it has expired" : "");
    }
    long status = err->http_status;
    kx_error_set(err, EACCES, "%s", words);
    err->http_status = status;
    kx_auth_state_clear(&state);
}

void kx_auth_end(struct kx_auth *auth, struct kx_http *http, const struct kx_limits *limits)
{
    if (tickets_of(auth)) kx_tickets_end(tickets_of(auth), http, limits);
}

bool kx_auth_is_simple(const struct kx_auth *auth)
{
    return auth->config.login == KX_LOGIN_SIMPLE && !tickets_of(auth);
}

bool kx_auth_has_tickets(struct kx_auth *auth)
{
    return tickets_of(auth) != NULL;
}

const char *kx_auth_ticket_user(struct kx_auth *auth)
{
    return tickets_of(auth) ? kx_tickets_user(tickets_of(auth))
                            : g_atomic_pointer_get(&auth->granted);
}

char *kx_auth_user(struct kx_auth *auth)
{
    if (tickets_of(auth)) return g_strdup(kx_auth_ticket_user(auth));
    g_mutex_lock(&auth->mutex);
    const struct kx_pass *pass = auth->pass ? auth->pass : auth->password;
    char *user = g_strdup(pass ? pass->user : auth->user);
    g_mutex_unlock(&auth->mutex);
    return user;
}

void kx_auth_state(struct kx_auth *auth, struct kx_auth_state *out)
{
    if (tickets_of(auth)) {
        kx_tickets_state(tickets_of(auth), out);
        return;
    }
    g_mutex_lock(&auth->mutex);
    const struct kx_pass *with = auth->password, *pass = auth->pass ? auth->pass : with;
    *out = (struct kx_auth_state){.login = kx_login_name(auth->config.login),
                                  .source = source_name(auth),
                                  .user = g_strdup(pass ? pass->user : auth->user),
                                  .principal = g_strdup(with ? with->principal : NULL),
                                  .expires_ms = auth->pass ? auth->pass->expires_ms : 0,
                                  .renewals = auth->count > 1 ? auth->count - 1 : 0};
    g_mutex_unlock(&auth->mutex);
}

void kx_auth_state_clear(struct kx_auth_state *state)
{
    g_free(state->source);
    g_free(state->user);
    g_free(state->principal);
    *state = (struct kx_auth_state){0};
}
