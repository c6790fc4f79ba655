#include "rest/auth_ticket.h"

#include <errno.h>
#include <string.h>

#include "rest/auth_negotiate.h"

#define WAIT_SLICE_MS  100   /* between two looks at the canceller while another thread renews */
#define AGAIN_AFTER_MS 60000 /* when a renewal failed while the old pass is still good */
#define QUIET_MS       1000  /* how long a failure speaks for the next callers */
#define PLACES_MAX     32

/* What is shown at one server. */
struct kept {
    char *base;
    struct kx_pass *pass;
    int64_t due_ms; /* wall clock: when it is to be renewed */
    bool tokens;    /* as in struct kx_place */
    bool no_tokens; /* the server gives none, or refuses them */
    bool alone;     /* it does not know those of the others */
};

struct kx_tickets {
    const struct kx_clock *clock;
    struct kx_log *log;
    char *wanted;                       /* user */
    struct kx_kerberos_config kerberos; /* strings owned */
    const char *user;                   /* atomic; interned */
    GMutex mutex;
    GCond changed;
    /* guarded by mutex */
    GPtrArray *places; /* of struct kept */
    bool busy;         /* a thread is getting a pass */
    int64_t quiet_until_ms;
    struct kx_error failure; /* why there is none */
    unsigned count;
    int64_t ticket_until_ms;
};

static void kept_free(gpointer data)
{
    struct kept *kept = data;
    kx_pass_unref(kept->pass);
    g_free(kept->base);
    g_free(kept);
}

struct kx_tickets *kx_tickets_new(const struct kx_tickets_config *config)
{
    struct kx_tickets *t = g_new0(struct kx_tickets, 1);
    t->clock = config->clock;
    t->log = config->log;
    t->wanted = g_strdup(config->user);
    t->kerberos.keytab = config->keytab ? g_canonicalize_filename(config->keytab, NULL) : NULL;
    t->kerberos.principal = g_strdup(config->principal);
    t->kerberos.program = g_strdup(config->program);
    t->places = g_ptr_array_new_with_free_func(kept_free);
    g_mutex_init(&t->mutex);
    g_cond_init(&t->changed);
    kx_secret_guard_process();
    return t;
}

/* The copies are ours, though their readers may not change them. */
static void drop(const char *text)
{
    g_free((gpointer)(guintptr)text);
}

void kx_tickets_free(struct kx_tickets *t)
{
    if (!t) return;
    g_ptr_array_free(t->places, TRUE);
    kx_error_clear(&t->failure);
    g_mutex_clear(&t->mutex);
    g_cond_clear(&t->changed);
    drop(t->kerberos.keytab);
    drop(t->kerberos.principal);
    drop(t->kerberos.program);
    g_free(t->wanted);
    g_free(t);
}

static int64_t wall_ms(const struct kx_tickets *t)
{
    return t->clock->wall_ms(t->clock);
}

static int64_t now_ms(const struct kx_tickets *t)
{
    return t->clock->now_ms(t->clock);
}

/* Mutex held.  The one for a server; made when it is new. */
static struct kept *find(struct kx_tickets *t, const char *base)
{
    for (guint i = 0; i < t->places->len; i++) {
        struct kept *kept = t->places->pdata[i];
        if (strcmp(kept->base, base) == 0) return kept;
    }
    if (t->places->len >= PLACES_MAX) g_ptr_array_remove_index(t->places, 0);
    struct kept *kept = g_new0(struct kept, 1);
    kept->base = g_strdup(base);
    g_ptr_array_add(t->places, kept);
    return kept;
}

static bool has_token(const struct kept *kept)
{
    return kept->pass && kept->pass->value;
}

static bool is_same_token(const struct kept *kept, const struct kx_pass *pass)
{
    return has_token(kept) && pass->value &&
           strcmp(kx_secret_text(kept->pass->value), kx_secret_text(pass->value)) == 0;
}

static bool is_good(const struct kx_tickets *t, const struct kept *kept)
{
    return kept->pass && (!kept->pass->expires_ms || wall_ms(t) < kept->pass->expires_ms);
}

/* What one renewal needs to know. */
struct renewal {
    struct kx_negotiate n;
    struct kx_pass *old; /* borrowed; NULL: the first one */
    bool tokens;
    int64_t ticket_until_ms; /* set when a ticket was shown */
};

static int get_session(struct kx_tickets *t, struct renewal *r, struct kx_pass **out,
                       struct kx_error *err)
{
    int rc = kx_negotiate_session(&r->n, out, &r->ticket_until_ms, err);
    if (rc < 0) return rc;
    const char *user = (*out)->user;
    if (!t->wanted || g_strcmp0(user, t->wanted) == 0) return 0;
    rc = kx_error_set(err, EACCES, "-o user=%s, but the Kerberos ticket is %s's", t->wanted, user);
    kx_pass_unref(g_steal_pointer(out));
    return rc;
}

/* A token by a session: the old one for longer, else a new one. */
static int get_token(struct kx_tickets *t, const struct renewal *r, const struct kx_pass *session,
                     struct kx_pass **out, struct kx_error *err)
{
    KX_ERROR_AUTO(why);
    if (r->old && r->old->value) {
        g_autoptr(kx_pass) longer = NULL;
        int rc = kx_negotiate_renew(&r->n, session, r->old, &longer, &why);
        if (rc == 0 && longer->expires_ms > r->old->expires_ms) {
            *out = g_steal_pointer(&longer);
            return 0;
        }
        if (rc == -EINTR || why.http_status == 401) {
            kx_error_copy(err, &why);
            return rc;
        }
        kx_log_write(t->log, KX_LOG_INFO, "a new delegation token takes the old one's place%s%s",
                     why.message ? ": " : "", why.message ? why.message : "");
    }
    return kx_negotiate_token(&r->n, session, out, err);
}

/* No lock is held.  @out owned. */
static int renew(struct kx_tickets *t, struct renewal *r, struct kx_pass **out,
                 struct kx_error *err)
{
    g_autoptr(kx_pass) session = NULL;
    bool lasts = r->old && r->old->value && r->old->session_ms > wall_ms(t);
    int rc = lasts ? get_token(t, r, r->old, out, err) : 0;
    if (lasts && rc == 0) return 0;
    if (lasts && (rc == -EINTR || err->http_status != 401)) return rc;
    kx_error_clear(err);
    rc = get_session(t, r, &session, err);
    if (rc < 0) return rc;
    if (r->tokens) {
        KX_ERROR_AUTO(why);
        if (get_token(t, r, session, out, &why) == 0) return 0;
        g_autofree char *line = kx_error_format(&why);
        kx_log_write(t->log, KX_LOG_INFO, "the session is used without one: %s", line);
    }
    *out = g_steal_pointer(&session);
    return 0;
}

static void take(struct kx_tickets *t, struct kept *kept, struct kx_pass *pass)
{
    kx_pass_unref(kept->pass);
    kept->pass = pass;
    pass->number = ++t->count;
    kx_pass_tell(pass, t->log);
    kept->due_ms = kx_pass_due_ms(pass, wall_ms(t));
    if (pass->user) g_atomic_pointer_set(&t->user, g_intern_string(pass->user));
}

/* Mutex held, free meanwhile. */
static int renew_for_all(struct kx_tickets *t, struct kx_http *http, const struct kx_place *place,
                         const struct kx_limits *limits, struct kx_error *err)
{
    struct kept *kept = find(t, place->base);
    g_autoptr(kx_pass) old = kept->pass ? kx_pass_ref(kept->pass) : NULL;
    struct renewal r = {.n = {.http = http,
                              .clock = t->clock,
                              .kerberos = &t->kerberos,
                              .base = place->base,
                              .limits = limits},
                        .old = old,
                        .tokens = place->tokens && !kept->no_tokens};
    struct kx_pass *pass = NULL;
    t->busy = true;
    g_mutex_unlock(&t->mutex);
    int rc = renew(t, &r, &pass, err);
    g_mutex_lock(&t->mutex);
    t->busy = false;
    g_cond_broadcast(&t->changed);
    if (r.ticket_until_ms) t->ticket_until_ms = r.ticket_until_ms;
    kept = find(t, place->base);
    if (rc == 0)
        take(t, kept, pass);
    else
        kept->due_ms = wall_ms(t) + AGAIN_AFTER_MS;
    return rc;
}

/* Mutex held.  A pair of NameNodes has its tokens in common: what one has given is shown to the
 * other one, which needs no ticket then. */
static void borrow(struct kx_tickets *t, struct kept *kept)
{
    const struct kept *lender = NULL;
    if (!kept->tokens || kept->no_tokens || kept->alone || has_token(kept)) return;
    for (guint i = 0; i < t->places->len; i++) {
        const struct kept *other = t->places->pdata[i];
        bool better = !lender || (has_token(other) && other->pass->number > lender->pass->number);
        if (has_token(other) && is_good(t, other) && better) lender = other;
    }
    if (!lender) return;
    struct kx_pass *lent = kx_pass_lent(lender->pass, is_good(t, kept) ? kept->pass : NULL);
    take(t, kept, lent);
    kept->due_ms = lender->due_ms;
}

/* Another thread is at it.  @return 0: look again; -errno: no more patience. */
static int wait_for_it(struct kx_tickets *t, const struct kx_limits *limits, struct kx_error *err)
{
    if (kx_cancel_fired(limits->cancel)) return kx_error_set(err, EINTR, "interrupted");
    if (limits->deadline_ms && now_ms(t) >= limits->deadline_ms)
        return kx_error_set(err, EACCES, "no Kerberos ticket came in time");
    g_cond_wait_until(&t->changed, &t->mutex,
                      g_get_monotonic_time() + WAIT_SLICE_MS * G_TIME_SPAN_MILLISECOND);
    return 0;
}

/* Mutex held.  There is no good one. */
static int get_first(struct kx_tickets *t, struct kx_http *http, const struct kx_place *place,
                     const struct kx_limits *limits, struct kx_error *err)
{
    if (t->busy) return wait_for_it(t, limits, err);
    if (now_ms(t) < t->quiet_until_ms) {
        kx_error_copy(err, &t->failure);
        return -err->code;
    }
    int rc = renew_for_all(t, http, place, limits, err);
    if (rc == -EACCES) {
        kx_error_copy(&t->failure, err);
        t->quiet_until_ms = now_ms(t) + QUIET_MS;
    }
    return rc;
}

/* Mutex held.  There is a good one, which should be renewed. */
static void get_next(struct kx_tickets *t, struct kx_http *http, const struct kx_place *place,
                     const struct kx_limits *limits)
{
    KX_ERROR_AUTO(why);
    if (renew_for_all(t, http, place, limits, &why) == 0) return;
    g_autofree char *line = kx_error_format(&why);
    kx_log_event(t->log, KX_LOG_WARNING, "login", "the login by ticket is not renewed yet: %s",
                 line);
}

int kx_tickets_pass(struct kx_tickets *t, struct kx_http *http, const struct kx_place *place,
                    const struct kx_limits *limits, struct kx_pass **out, struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct kx_error *to = err ? err : &own;
    unsigned before;
    int rc = 0;
    g_mutex_lock(&t->mutex);
    struct kept *kept = find(t, place->base);
    kept->tokens = place->tokens;
    borrow(t, kept);
    before = t->count;
    /* What was got just now is used even if it should have ended already. */
    while (rc == 0 && !is_good(t, kept) && (t->count == before || !kept->pass)) {
        rc = get_first(t, http, place, limits, to);
        kept = find(t, place->base);
    }
    if (rc == 0 && !t->busy && wall_ms(t) >= kept->due_ms && t->count == before) {
        get_next(t, http, place, limits);
        kept = find(t, place->base);
    }
    if (rc == 0) *out = kx_pass_ref(kept->pass);
    g_mutex_unlock(&t->mutex);
    return rc;
}

bool kx_tickets_refused(struct kx_tickets *t, const struct kx_pass *pass)
{
    bool again = true, unknown = pass->lent && !g_atomic_int_get(&pass->accepted);
    g_mutex_lock(&t->mutex);
    for (guint i = 0; i < t->places->len; i++) {
        struct kept *kept = t->places->pdata[i];
        if (kept->pass != pass) {
            if (!unknown && is_same_token(kept, pass)) kx_pass_unref(g_steal_pointer(&kept->pass));
            continue;
        }
        /* One that has ended on its way says nothing of the server. */
        bool fresh = !g_atomic_int_get(&kept->pass->accepted) && is_good(t, kept);
        again = !fresh || kept->pass->value;
        kept->alone |= unknown;
        if (fresh && pass->value && !pass->lent) kept->no_tokens = true;
        if (!again) {
            kx_error_set(&t->failure, EACCES, "the server refuses the session that it has given");
            t->quiet_until_ms = now_ms(t) + KX_REFUSED_MS;
        }
        kx_pass_unref(g_steal_pointer(&kept->pass));
    }
    g_mutex_unlock(&t->mutex);
    return again;
}

/* Has an earlier one the same token? */
static bool is_repeated(const GPtrArray *places, guint index)
{
    const struct kept *kept = places->pdata[index];
    for (guint i = 0; i < index; i++)
        if (is_same_token(places->pdata[i], kept->pass)) return true;
    return false;
}

/* By its own server, or (which may be a standby by now) by another one. */
static int cancel(const GPtrArray *places, guint index, struct kx_negotiate *n,
                  struct kx_error *err)
{
    const struct kept *own = places->pdata[index];
    n->base = own->base;
    int rc = kx_negotiate_cancel(n, own->pass, err);
    for (guint i = 0; i < places->len && rc < 0; i++) {
        const struct kept *other = places->pdata[i];
        KX_ERROR_AUTO(ignored);
        n->base = other->base;
        if (other != own && other->tokens && !other->alone)
            rc = kx_negotiate_cancel(n, own->pass, &ignored);
    }
    return rc;
}

void kx_tickets_end(struct kx_tickets *t, struct kx_http *http, const struct kx_limits *limits)
{
    g_mutex_lock(&t->mutex);
    g_autoptr(GPtrArray) places = g_steal_pointer(&t->places);
    t->places = g_ptr_array_new_with_free_func(kept_free);
    g_mutex_unlock(&t->mutex);
    for (guint i = 0; i < places->len; i++) {
        struct kx_negotiate n = {.http = http, .clock = t->clock, .limits = limits};
        KX_ERROR_AUTO(err);
        if (!has_token(places->pdata[i]) || is_repeated(places, i)) continue;
        if (cancel(places, i, &n, &err) == 0) continue;
        g_autofree char *line = kx_error_format(&err);
        kx_log_write(t->log, KX_LOG_WARNING, "%s", line);
    }
}

const char *kx_tickets_user(const struct kx_tickets *t)
{
    return g_atomic_pointer_get(&t->user);
}

void kx_tickets_state(struct kx_tickets *t, struct kx_auth_state *out)
{
    g_mutex_lock(&t->mutex);
    const struct kx_pass *pass = NULL;
    for (guint i = 0; i < t->places->len; i++) {
        const struct kept *kept = t->places->pdata[i];
        if (kept->pass && (!pass || kept->pass->number > pass->number)) pass = kept->pass;
    }
    const char *user = pass ? pass->user : kx_tickets_user(t);
    *out = (struct kx_auth_state){
        .login = kx_login_name(KX_LOGIN_NEGOTIATE),
        .source = g_strdup(t->kerberos.keytab ? t->kerberos.keytab : "the ticket cache"),
        .user = g_strdup(user),
        .principal = g_strdup(pass ? pass->principal : t->kerberos.principal),
        .token = pass && pass->value,
        .expires_ms = pass ? pass->expires_ms : 0,
        .ticket_ms = t->ticket_until_ms,
        .renewals = t->count > 1 ? t->count - 1 : 0};
    g_mutex_unlock(&t->mutex);
}
