/* One operation: build its URL, send it, follow its redirect, judge the answer, try again where
 * that is right. */
#include <errno.h>
#include <string.h>

#include "rest/client_private.h"
#include "rest/redirect.h"
#include "rest/retry.h"

#define LONG_ANSWER_BYTES ((int64_t)1024 * 1024)

static char *operation_url(const struct kx_operation *o)
{
    const struct kx_client *client = o->client;
    const struct kx_pass *pass = o->pass;
    bool simple = pass->login == KX_LOGIN_SIMPLE;
    GString *url = g_string_new(kx_operation_home(o)->base);
    kx_url_append_path(url, o->path);
    kx_url_append_query(url, "op", kx_op_info(o->op)->name);
    kx_url_append_query(url, "user.name", simple ? client->user : NULL);
    kx_url_append_query(url, "delegation", pass->value ? kx_secret_text(pass->value) : NULL);
    kx_url_append_query(url, "excludedatanodes", o->excluded);
    if (o->params) g_string_append(url, o->params);
    return g_string_free(url, FALSE);
}

static void name_request(struct kx_error *err, const struct kx_operation *o, const char *url)
{
    kx_error_about(err, kx_op_info(o->op)->name, o->path);
    if (err->request) return;
    g_autofree char *request = g_strdup_printf("%s %s", kx_op_info(o->op)->method, url);
    err->request = kx_redact(request);
}

/* The first step of an upload only asks where to go: that may be repeated. */
static bool must_be_sent_once(const struct kx_op_info *info)
{
    return !info->body && info->unknown != KX_REPEAT;
}

static int64_t now_ms(const struct kx_operation *o)
{
    const struct kx_clock *clock = o->client->config.clock;
    return clock->now_ms(clock);
}

/* Is the body moved by the thread that waits for it (http_caller.c)?  A server that sends long ones
 * at once (HttpFS) keeps its connections, which is lost then: one more is little for a MiB. Who may
 * redirect instead is asked so once. */
static bool caller_moves(const struct kx_operation *o, enum kx_step step)
{
    return step == KX_STEP_LAST ||
           (step == KX_STEP_ASK && o->range && o->range->length >= LONG_ANSWER_BYTES &&
            kx_feature_get(&o->client->features, KX_FEATURE_OPEN_REDIRECTS) != KX_YES);
}

int kx_operation_send(struct kx_operation *o, const char *url, enum kx_step step,
                      const struct kx_limits *limits, struct kx_transfer **out,
                      struct kx_error *err)
{
    bool body = step == KX_STEP_BODY;
    bool shown = o->pass && o->pass->header && kx_client_is_home(o->client, url);
    bool own = shown && o->pass->login == KX_LOGIN_NEGOTIATE; /* it has its cookies itself */
    const char *headers[] = {NULL, NULL, NULL};
    int count = 0;
    if (body) headers[count++] = "Content-Type: application/octet-stream";
    if (shown) headers[count] = kx_secret_text(o->pass->header);
    /* Where the bytes are let in by a login, they wait for its yes: a refusal loses none. */
    bool guarded = body && shown;
    size_t window = o->window_bytes ? o->window_bytes : o->client->config.window_bytes;
    const struct kx_http_request request = {.method = kx_op_info(o->op)->method,
                                            .url = url,
                                            .headers = headers,
                                            .session = shown && !own,
                                            .expect = guarded,
                                            .upload = body,
                                            .sized = o->length >= 0,
                                            .body_bytes = o->length,
                                            .spare = o->direct && o->range &&
                                                     o->range->length <= KX_DIRECT_SMALL_BYTES,
                                            .by_caller = caller_moves(o, step),
                                            .once = body || must_be_sent_once(kx_op_info(o->op)),
                                            .window_bytes = window};
    g_autoptr(kx_transfer) transfer = NULL;
    atomic_fetch_add(&o->client->sent[o->op], 1);
    gint64 begun = g_get_monotonic_time();
    int result = kx_transfer_start(o->client->http, &request, &transfer, err);
    if (result == 0 && guarded)
        result = kx_transfer_wait_wanted(transfer, limits, err);
    else if (result == 0 && body)
        result = kx_transfer_wait_sent(transfer, limits, err);
    else if (result == 0 && (step != KX_STEP_LAST || !o->range))
        result = kx_transfer_wait_head(transfer, limits, err);
    else if (result == 0 && !o->second)
        result = kx_operation_wait_head(o, url, limits, &transfer, err);
    if (result < 0) {
        name_request(err, o, url);
        return result;
    }
    gint64 took_us = g_get_monotonic_time() - begun;
    if (step == KX_STEP_ASK) kx_client_answered(o->client, took_us);
    if (!body) kx_histogram_add(&o->client->answers[o->op], took_us);
    kx_silence_answered(&o->client->silence, now_ms(o));
    *out = g_steal_pointer(&transfer);
    return 0;
}

/* The operations whose redirect obeys excludedatanodes=; GETFILECHECKSUM's does not (measured,
 * Hadoop 3.4.2). */
static bool can_avoid(enum kx_op op)
{
    return op == KX_OPEN || op == KX_CREATE || op == KX_APPEND;
}

/* A file that is about to be created has no blocks to ask for. */
void kx_operation_suspect(struct kx_operation *o, const char *url, const struct kx_error *err)
{
    const struct kx_broken_step step = {.path = o->path,
                                        .offset = o->range ? o->range->offset : 0,
                                        .url = url,
                                        .why = err,
                                        .cancel = o->limits.cancel};
    if (o->op == KX_OPEN || o->op == KX_APPEND) o->avoidable = kx_client_suspect(o->client, &step);
    if (o->op == KX_CREATE) kx_datanodes_failed(o->client->datanodes, url, false);
}

/* Does the NameNode know no other DataNode than those that it was told to avoid? */
static bool nobody_is_left(const struct kx_operation *o, const struct kx_error *err)
{
    if (!o->excluded || !err->http_status || !err->message) return false;
    return strstr(err->message, "No active nodes contain this block") ||
           strstr(err->message, "Failed to find datanode");
}

static void note_retry_after(struct kx_operation *o, const struct kx_transfer *transfer)
{
    const char *value = kx_transfer_header(transfer, "Retry-After");
    o->retry_after_s = value ? (long)g_ascii_strtoll(value, NULL, 10) : 0;
}

/* What the server must not see in its own URL. */
static void add_late(const struct kx_operation *o, char **target)
{
    if (!o->late) return;
    char *longer = g_strconcat(*target, o->late, NULL);
    g_free(*target);
    *target = longer;
}

static void note_served(const struct kx_operation *o, bool redirect)
{
    kx_operation_served(o, redirect);
    if (o->op == KX_OPEN)
        kx_feature_set(&o->client->features, KX_FEATURE_OPEN_REDIRECTS, redirect ? KX_YES : KX_NO);
}

/* From the first answer to the one that counts: follow a redirect, refuse an error. */
static int settle(struct kx_operation *o, struct kx_transfer *answer, const char *url,
                  struct kx_transfer **out, struct kx_error *err)
{
    g_autoptr(kx_transfer) first = answer; /* consumed */
    const struct kx_op_info *info = kx_op_info(o->op);
    long status = kx_transfer_status(first);
    if (status != 307 && status != 302) {
        note_retry_after(o, first);
        int result = kx_client_judge(o->client, first, o->op, o->path, &o->limits, err);
        if (result == 0 && info->body)
            result = kx_error_set(
                err, EPROTO, "the server took the file without its bytes: expected a redirect");
        if (result < 0) {
            name_request(err, o, url);
            return result;
        }
        note_served(o, false);
        *out = g_steal_pointer(&first);
        return 0;
    }
    g_autofree char *target = NULL;
    int result = kx_redirect_judge(kx_operation_home(o), kx_transfer_address(first),
                                   kx_transfer_header(first, "Location"), o->path, &target, err);
    if (result < 0) {
        name_request(err, o, url);
        return result;
    }
    note_served(o, true);
    kx_operation_at_home(o, target, false);
    add_late(o, &target);
    g_clear_pointer(&first, kx_transfer_free);
    if (o->op == KX_CREATE) result = kx_operation_learn_create(o, target, err);
    if (result < 0) return result;
    g_autoptr(kx_transfer) second = NULL;
    const struct kx_limits limits = kx_operation_limits(o, target);
    result = kx_operation_send(o, target, info->body ? KX_STEP_BODY : KX_STEP_LAST, &limits,
                               &second, err);
    if (result == 0 && !o->second && (!info->body || kx_transfer_answered(second)))
        result = kx_client_judge(o->client, second, o->op, o->path, &limits, err);
    if (result < 0) {
        name_request(err, o, target);
        kx_operation_suspect(o, target, err);
        return result;
    }
    if (o->op == KX_OPEN && !o->second) kx_operation_learn(o, kx_transfer_url(second));
    *out = g_steal_pointer(&second);
    return 0;
}

static int attempt_with_pass(struct kx_operation *o, struct kx_transfer **out, struct kx_error *err)
{
    g_autofree char *url = operation_url(o);
    g_autoptr(kx_transfer) first = NULL;
    const struct kx_limits limits = kx_operation_home_limits(o);
    o->avoidable = false;
    kx_operation_at_home(o, url, true);
    int result = kx_operation_send(o, url, KX_STEP_ASK, &limits, &first, err);
    if (result < 0) {
        if (kx_op_info(o->op)->body) err->unsent = TRUE; /* the file's bytes never left */
        return result;
    }
    return settle(o, g_steal_pointer(&first), url, out, err);
}

/* When the login is refused: again, if another one can be had. */
static int attempt_once(struct kx_operation *o, struct kx_transfer **out, struct kx_error *err)
{
    struct kx_client *client = o->client;
    const struct kx_endpoint *home = kx_operation_home(o);
    const struct kx_place place = {home->base, !*home->gateway};
    for (int number = 1;; number++) {
        g_autoptr(kx_pass) pass = NULL;
        int result = kx_auth_pass(client->auth, client->http, &place, &o->limits, &pass, err);
        if (result < 0) return result;
        o->pass = pass;
        result = attempt_with_pass(o, out, err);
        o->pass = NULL;
        if (result == 0) g_atomic_int_set(&pass->accepted, 1);
        if (result == 0 || !kx_auth_is_refusal(pass, err)) return result;
        bool again = kx_auth_refused(client->auth, client->http, pass, &o->limits);
        /* A ticket's may begin with a name alone, and go on from a token to a session. */
        int most = pass->login == KX_LOGIN_NEGOTIATE ? 3 : 2;
        if (!again || number >= most) return result;
        kx_error_clear(err);
    }
}

/* The DataNodes that it shall not come from.  @return owned; NULL: none. */
static char *excluded_of(const struct kx_operation *o)
{
    char *suspects = can_avoid(o->op) ? kx_suspects_list(o->client->suspects) : NULL;
    if (!o->avoided) return suspects;
    char *both = suspects ? g_strdup_printf("%s,%s", suspects, o->avoided) : g_strdup(o->avoided);
    g_free(suspects);
    return both;
}

/* An attempt without the suspects; when the NameNode has no others, one with them at once. */
int kx_operation_attempt(struct kx_operation *o, struct kx_transfer **out, struct kx_error *err)
{
    o->excluded = excluded_of(o);
    int result = attempt_once(o, out, err);
    if (result < 0 && nobody_is_left(o, err)) {
        kx_log_write(o->client->config.log, KX_LOG_INFO,
                     "%s %s: all DataNodes would be avoided, so none is", kx_op_info(o->op)->name,
                     o->path);
        if (!o->second) kx_suspects_drop(o->client->suspects);
        g_clear_pointer(&o->excluded, g_free);
        kx_error_clear(err);
        result = attempt_once(o, out, err);
    }
    g_clear_pointer(&o->excluded, g_free);
    return result;
}

/* As kx_retry_judge; and a DataNode that was silent for its half of the time is not asked again,
 * nor a server that has others beside it. */
static enum kx_verdict judge(const struct kx_operation *o, bool elsewhere,
                             const struct kx_error *err)
{
    const struct kx_op_info *info = kx_op_info(o->op);
    bool harmless = info->body ? o->first : info->unknown == KX_REPEAT;
    if (elsewhere && harmless) return KX_TRY_AGAIN;
    if (o->op == KX_OPEN && o->avoidable && err->code == ETIMEDOUT) return KX_TRY_AGAIN;
    return kx_retry_judge(o->op, err);
}

#define CHANGING_ROUNDS 4 /* the pause of this round is the longest while servers change places */

/* Wait before the next attempt.  @return whether there is time for one. */
static bool pause_before(struct kx_operation *o, const struct kx_error *err)
{
    int number = o->changing ? MIN(o->round - 1, CHANGING_ROUNDS) : o->round - 1;
    if (!o->pauses) return true;
    const struct kx_client *client = o->client;
    const struct kx_clock *clock = client->config.clock;
    int pause = kx_retry_pause_ms(clock, number, o->retry_after_s);
    if (clock->now_ms(clock) + pause >= o->limits.deadline_ms) return false;
    g_autofree char *line = kx_error_format(err);
    kx_log_write(client->config.log, KX_LOG_INFO, "%s; trying again in %d ms", line, pause);
    return kx_cancel_sleep(o->limits.cancel, pause) == 0;
}

/* @all: no server of several did it. */
static int give_up(const struct kx_operation *o, bool all, struct kx_error *err)
{
    if (kx_cancel_fired(o->limits.cancel)) return kx_error_set(err, EINTR, "interrupted");
    if (all)
        kx_error_prefix(err, "none of the %u servers does it; the last one",
                        kx_homes_count(o->client->homes));
    return -err->code;
}

/* The attempts of one operation, within its time. */
static int run_attempts(struct kx_operation *o, int attempts, kx_take_function take, void *context,
                        struct kx_transfer **out, bool *maybe, struct kx_error *err)
{
    o->home = kx_homes_live(o->client->homes);
    o->round = 1;
    for (;;) {
        g_autoptr(kx_transfer) transfer = NULL;
        kx_error_clear(err);
        int result = kx_operation_attempt(o, &transfer, err);
        if (result == 0 && take) result = take(o, transfer, context, err);
        if (result == 0) {
            if (out) *out = g_steal_pointer(&transfer);
            return 0;
        }
        bool elsewhere = kx_operation_elsewhere(o, err);
        enum kx_verdict verdict = judge(o, elsewhere, err);
        if (verdict == KX_LOOK_FIRST && maybe) *maybe = true;
        if (verdict != KX_TRY_AGAIN || !kx_operation_next_try(o, elsewhere, attempts) ||
            !pause_before(o, err))
            return give_up(o, elsewhere && verdict == KX_TRY_AGAIN, err);
        if (!err->unsent && !err->http_status && maybe) *maybe = true;
    }
}

/* Asks about names only: nothing is lost when it fails at once. */
static bool is_question(enum kx_op op)
{
    const struct kx_op_info *info = kx_op_info(op);
    return strcmp(info->method, "GET") == 0 && !info->redirected;
}

int kx_operation_run(struct kx_operation *o, const struct kx_call *call, kx_take_function take,
                     void *context, struct kx_transfer **out, bool *maybe, struct kx_error *err)
{
    const struct kx_client_config *config = &o->client->config;
    KX_ERROR_AUTO(own);
    struct kx_error *to = err ? err : &own;
    int result = kx_path_check(o->path, to);
    if (result < 0) {
        kx_error_about(to, kx_op_info(o->op)->name, o->path);
        return result;
    }
    int timeout_ms = call && call->timeout_ms ? call->timeout_ms : config->timeout_ms;
    int attempts = call && call->attempts ? call->attempts : config->attempts;
    o->half_ms = timeout_ms / 2;
    o->limits =
        (struct kx_limits){.cancel = call ? call->cancel : NULL,
                           .deadline_ms = config->clock->now_ms(config->clock) + timeout_ms};
    int64_t asked_ms = now_ms(o);
    int silent = is_question(o->op) ? kx_silence_lasts(&o->client->silence, asked_ms) : 0;
    if (silent) {
        const char *words =
            silent == ETIMEDOUT ? "the server did not answer" : "cannot connect to the server";
        result = kx_error_set(to, silent, "%s: others found that out a moment ago", words);
        kx_error_about(to, kx_op_info(o->op)->name, o->path);
        return result;
    }
    o->direct = o->direct && kx_auth_is_simple(o->client->auth) && kx_operation_direct(o, out);
    if (o->direct) return 0;
    result = run_attempts(o, attempts, take, context, out, maybe, to);
    if (result == 0 && o->refused) kx_datanodes_wrong(o->client->datanodes);
    /* A call with little patience says nothing of the server's, nor does one that waits for bytes:
     * where nobody redirects, that is a DataNode's silence. */
    bool patient = timeout_ms >= config->timeout_ms && !kx_op_info(o->op)->redirected;
    bool silence =
        (result == -ETIMEDOUT && patient) || result == -EHOSTDOWN || result == -EHOSTUNREACH;
    if (silence) kx_silence_failed(&o->client->silence, asked_ms, now_ms(o), -result);
    if (silence && o->at_home) kx_client_away(o->client, to);
    return result;
}
