#include "rest/service.h"

#include <errno.h>
#include <string.h>

#include "rest/errno_map.h"
#include "rest/json_answer.h"
#include "rest/retry.h"
#include "rest/silence.h"

#define ATTEMPTS        3
#define SILENT_MS       5000 /* who has waited as long in vain speaks for others */
#define ERROR_BYTES_MAX ((size_t)65536)
#define MESSAGE_MAX     ((size_t)4096)
#define WAIT_SLICE_MS   100 /* between two looks at the caller's cancel while others are served */

struct kx_service {
    struct kx_service_config config;
    char *base;
    const char *below; /* borrowed from it: what follows the origin, where that is the mount's own
                          (a gateway's other services); NULL: it has another one */
    GMutex mutex;      /* guards what follows */
    GCond left;
    unsigned busy;
    int64_t away_until_ms; /* 0: it is there, as far as is known */
    struct kx_error away;  /* why it is not */
    char *failure;         /* how the last request ended that nobody answered; NULL: one answered */
    struct kx_silence silence; /* has a lock of its own */
    gint sent;                 /* atomic */
};

struct kx_service *kx_service_new(const struct kx_service_config *config)
{
    struct kx_service *service = g_new0(struct kx_service, 1);
    service->config = *config;
    service->base = g_strdup(config->base);
    if (kx_client_is_home(config->client, service->base)) {
        const char *host = strstr(service->base, "://") + 3;
        service->below = host + strcspn(host, "/?");
    }
    g_mutex_init(&service->mutex);
    g_cond_init(&service->left);
    kx_silence_init(&service->silence);
    return service;
}

void kx_service_free(struct kx_service *service)
{
    if (!service) return;
    g_mutex_clear(&service->mutex);
    g_cond_clear(&service->left);
    kx_silence_clear(&service->silence);
    kx_error_clear(&service->away);
    g_free(service->failure);
    g_free(service->base);
    g_free(service);
}

const char *kx_service_base(const struct kx_service *service)
{
    return service->base;
}

struct kx_client *kx_service_client(const struct kx_service *service)
{
    return service->config.client;
}

char *kx_service_failure(struct kx_service *service)
{
    g_mutex_lock(&service->mutex);
    char *failure = g_strdup(service->failure);
    g_mutex_unlock(&service->mutex);
    return failure;
}

uint64_t kx_service_sent(struct kx_service *service)
{
    return (uint64_t)g_atomic_int_get(&service->sent);
}

static int64_t now_ms(const struct kx_service *service)
{
    const struct kx_clock *clock = kx_client_clock(service->config.client);
    return clock->now_ms(clock);
}

/* Who comes behind one that has waited in vain need not wait as long again: after a lookup that
 * timed out the kernel asks for the name once more. What changes something is sent all the same. */
static int hear(struct kx_service *service, const struct kx_service_ask *ask, struct kx_error *err)
{
    bool get = !ask->method || strcmp(ask->method, "GET") == 0;
    int code = get ? kx_silence_lasts(&service->silence, now_ms(service)) : 0;
    if (!code) return 0;
    return kx_error_set(err, code,
                        "%s at %s did not answer in time a moment ago; it is asked again in %d s",
                        service->config.name, service->base, KX_SILENCE_MS / 1000);
}

/* What an exchange tells of that. One that had little time tells nothing. */
static void note_silence(struct kx_service *service, int result, const struct kx_error *err,
                         int64_t asked_ms, int timeout_ms)
{
    if (result == 0 || err->http_status)
        kx_silence_answered(&service->silence, now_ms(service));
    else if (result == -ETIMEDOUT &&
             timeout_ms >= MIN(SILENT_MS, kx_client_timeout_ms(service->config.client)))
        kx_silence_failed(&service->silence, asked_ms, now_ms(service), ETIMEDOUT);
}

/* One of the places, when the service is not known to be away. */
static int enter(struct kx_service *service, const struct kx_limits *limits, struct kx_error *err)
{
    int result = 0;
    g_mutex_lock(&service->mutex);
    while (result == 0 && service->busy >= KX_SERVICE_BUSY_MAX) {
        gint64 slice = g_get_monotonic_time() + WAIT_SLICE_MS * G_TIME_SPAN_MILLISECOND;
        g_cond_wait_until(&service->left, &service->mutex, slice);
        if (kx_cancel_fired(limits->cancel)) result = kx_error_set(err, EINTR, "interrupted");
        if (result == 0 && now_ms(service) >= limits->deadline_ms)
            result = kx_error_set(err, ETIMEDOUT, "%s is busy with other requests of this mount",
                                  service->config.name);
    }
    if (result == 0 && service->away_until_ms > now_ms(service)) {
        kx_error_copy(err, &service->away);
        result = -err->code;
    }
    if (result == 0) service->busy++;
    g_mutex_unlock(&service->mutex);
    return result;
}

static void leave(struct kx_service *service, int result, const struct kx_error *err)
{
    bool gone = result == -EHOSTDOWN || result == -EHOSTUNREACH;
    g_mutex_lock(&service->mutex);
    service->busy--;
    if (result != -EINTR) {
        g_free(service->failure);
        service->failure = result < 0 && !err->http_status
                               ? g_strdup(err->message ? err->message : g_strerror(-result))
                               : NULL;
    }
    service->away_until_ms = 0;
    if (gone && !err->http_status) {
        service->away_until_ms = now_ms(service) + KX_SERVICE_AWAY_MS;
        kx_error_copy(&service->away, err);
    }
    g_cond_signal(&service->left);
    g_mutex_unlock(&service->mutex);
}

static char *url_of(const struct kx_service *service, const struct kx_service_ask *ask)
{
    struct kx_client *client = service->config.client;
    GString *url =
        g_string_new(service->below ? kx_client_endpoint(client)->origin : service->base);
    if (service->below) g_string_append(url, service->below);
    bool simple = kx_auth_is_simple(kx_client_auth(client));
    g_string_append(url, ask->path);
    kx_url_append_query(url, "user.name", simple ? kx_client_user(client) : NULL);
    if (ask->params) {
        const char *params = ask->params;
        if (!strchr(url->str, '?') && *params == '&') {
            g_string_append_c(url, '?');
            params++;
        }
        g_string_append(url, params);
    }
    return g_string_free(url, FALSE);
}

static char *valid_line(const char *text)
{
    g_autofree char *cut = g_strndup(text, MESSAGE_MAX);
    char *line = g_utf8_make_valid(cut, -1);
    g_strdelimit(line, "\r\n\t", ' ');
    return g_strstrip(line);
}

/* What an answer that is no success says, its headers first: bodies may be empty. */
static int answer_error(const struct kx_service *service, struct kx_transfer *transfer,
                        const struct kx_limits *limits, struct kx_error *err)
{
    const struct kx_service_config *config = &service->config;
    long status = kx_transfer_status(transfer);
    const char *code =
        config->code_header ? kx_transfer_header(transfer, config->code_header) : NULL;
    const char *words =
        config->message_header ? kx_transfer_header(transfer, config->message_header) : NULL;
    if (code) {
        g_autofree char *exception = valid_line(code), *message = valid_line(words ? words : code);
        int number = config->code_errno(exception, message);
        if (!number) number = kx_errno_from_status(status);
        kx_error_set(err, number, "%s", message);
        err->http_status = status;
        err->exception = g_steal_pointer(&exception);
        return -number;
    }
    g_autoptr(GByteArray) body = g_byte_array_new();
    KX_ERROR_AUTO(ignored); /* what came of the body is enough */
    int result = kx_transfer_collect(transfer, ERROR_BYTES_MAX, limits, body, &ignored);
    if (result == -EINTR) return kx_error_set(err, EINTR, "interrupted");
    if (status >= 300 && status <= 399) {
        kx_error_set(err, EPROTO, "%s redirects, which it should not", config->name);
        err->http_status = status;
        return -EPROTO;
    }
    result = kx_error_from_answer(err, status, (const char *)body->data, body->len);
    return result;
}

/* One exchange from its request to the body. */
static int exchange(struct kx_service *service, const struct kx_service_ask *ask, const char *url,
                    const struct kx_pass *pass, const struct kx_limits *limits, GByteArray *body,
                    struct kx_error *err)
{
    g_autofree char *type = ask->type ? g_strconcat("Content-Type: ", ask->type, NULL) : NULL;
    bool shown = pass->header && kx_client_is_home(service->config.client, url);
    const char *headers[] = {NULL, NULL, NULL};
    int count = 0;
    if (type) headers[count++] = type;
    if (shown) headers[count++] = kx_secret_text(pass->header);
    const char *method = ask->method ? ask->method : "GET";
    bool has_body = ask->body != NULL;
    const struct kx_http_request request = {.method = method,
                                            .url = url,
                                            .headers = headers,
                                            .session = shown && pass->login != KX_LOGIN_NEGOTIATE,
                                            .upload = has_body,
                                            .sized = has_body,
                                            .body_bytes = has_body ? (int64_t)strlen(ask->body) : 0,
                                            .once = strcmp(method, "GET") != 0};
    g_autoptr(kx_transfer) transfer = NULL;
    g_atomic_int_inc(&service->sent);
    int result =
        kx_transfer_start(kx_client_http(service->config.client), &request, &transfer, err);
    if (result == 0 && has_body) {
        result = kx_transfer_write(transfer, ask->body, strlen(ask->body), limits, err);
        kx_transfer_end_body(transfer);
        if (result == -EPIPE) result = 0; /* it has answered already: the head says what */
    }
    if (result == 0) result = kx_transfer_wait_head(transfer, limits, err);
    if (result < 0) return result;
    long status = kx_transfer_status(transfer);
    if (status < 200 || status > 299) return answer_error(service, transfer, limits, err);
    if (ask->header) {
        g_free(*ask->header_value);
        *ask->header_value = g_strdup(kx_transfer_header(transfer, ask->header));
    }
    size_t cap = ask->cap ? ask->cap : KX_SERVICE_BYTES_MAX;
    return kx_transfer_collect(transfer, cap, limits, body, err);
}

/* @return owned: the URL with the delegation token of a pass, where that is for this service; NULL:
 * it is not. */
static char *with_token(const struct kx_service *service, const char *url,
                        const struct kx_pass *pass)
{
    if (!service->config.hdfs || !pass->value || pass->header) return NULL;
    GString *longer = g_string_new(url);
    kx_url_append_query(longer, "delegation", kx_secret_text(pass->value));
    return g_string_free(longer, FALSE);
}

/* With the login where the service has the mount's origin (a gateway); when that is refused, once
 * more, if another one can be had. */
static int exchange_with_pass(struct kx_service *service, const struct kx_service_ask *ask,
                              const char *url, const struct kx_limits *limits, GByteArray *body,
                              struct kx_error *err)
{
    struct kx_client *client = service->config.client;
    struct kx_auth *auth = kx_client_auth(client);
    const struct kx_endpoint *home = kx_client_endpoint(client);
    const struct kx_place place = {home->base, !*home->gateway};
    for (int number = 1;; number++) {
        g_autoptr(kx_pass) pass = NULL;
        int result = kx_auth_pass(auth, kx_client_http(client), &place, limits, &pass, err);
        g_autofree char *own = result == 0 ? with_token(service, url, pass) : NULL;
        if (result == 0) result = exchange(service, ask, own ? own : url, pass, limits, body, err);
        bool at_home = kx_client_is_home(client, url);
        if (result == 0 && at_home) g_atomic_int_set(&pass->accepted, 1);
        if (result == 0 || err->http_status != 401 || err->exception || !at_home) return result;
        bool again = kx_auth_refused(auth, kx_client_http(client), pass, limits);
        if (!again || number > 1) return result;
        kx_error_clear(err);
        g_byte_array_set_size(body, 0);
    }
}

/* May the same request be sent once more? */
static bool may_repeat(const struct kx_service_ask *ask, const struct kx_error *err)
{
    if (err->code == EINTR || err->code == ENOMEM || err->code == EMSGSIZE) return false;
    if (err->unsent) return err->code != EPROTO && err->code != EINVAL;
    bool get = !ask->method || strcmp(ask->method, "GET") == 0;
    if (!get) return false;
    if (err->http_status) return kx_exception_is_transient(err->exception, err->http_status);
    return err->code != ETIMEDOUT && err->code != EPROTO;
}

static bool pause_before(struct kx_service *service, const struct kx_limits *limits, int number)
{
    int pause = kx_retry_pause_ms(kx_client_clock(service->config.client), number, 0);
    if (now_ms(service) + pause >= limits->deadline_ms) return false;
    return kx_cancel_sleep(limits->cancel, pause) == 0;
}

/* May the service have done it, though nothing is known of that? What it refuses has its code. */
static bool is_unknown(const struct kx_error *err)
{
    int status = err->http_status;
    if (err->unsent) return false;
    return !status || (!err->exception && (status == 500 || status == 502 || status == 504));
}

static int attempts(struct kx_service *service, struct kx_service_ask *ask,
                    const struct kx_limits *limits, GByteArray *body, struct kx_error *err)
{
    int allowed = ask->call && ask->call->attempts ? ask->call->attempts : ATTEMPTS;
    for (int number = 1;; number++) {
        g_autofree char *url = url_of(service, ask);
        kx_error_clear(err);
        g_byte_array_set_size(body, 0);
        int result = exchange_with_pass(service, ask, url, limits, body, err);
        if (result == 0) return 0;
        /* A node of a gateway that is gone, not the service behind it. */
        if (service->below && err->unsent) kx_client_leave(service->config.client, err);
        if (is_unknown(err)) ask->sent_maybe = true;
        if (!err->request) {
            g_autofree char *line =
                g_strdup_printf("%s %s", ask->method ? ask->method : "GET", url);
            err->request = kx_redact(line);
        }
        if (number >= allowed || !may_repeat(ask, err) || !pause_before(service, limits, number))
            return result;
    }
}

int kx_service_run(struct kx_service *service, struct kx_service_ask *ask, GBytes **body,
                   struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct kx_error *to = err ? err : &own;
    int timeout_ms = ask->call && ask->call->timeout_ms
                         ? ask->call->timeout_ms
                         : kx_client_timeout_ms(service->config.client);
    int64_t asked_ms = now_ms(service);
    const struct kx_limits limits = {.cancel = ask->call ? ask->call->cancel : NULL,
                                     .deadline_ms = asked_ms + timeout_ms};
    ask->sent_maybe = false;
    int result = hear(service, ask, to);
    if (result == 0) result = enter(service, &limits, to);
    if (result < 0) return result;
    GByteArray *bytes = g_byte_array_new();
    result = attempts(service, ask, &limits, bytes, to);
    note_silence(service, result, to, asked_ms, timeout_ms);
    if (result < 0 && !to->http_status && result != -EINTR)
        kx_error_prefix(to, "%s at %s", service->config.name, service->base);
    leave(service, result, to);
    GBytes *answer = g_byte_array_free_to_bytes(bytes);
    if (result == 0 && body)
        *body = answer;
    else
        g_bytes_unref(answer);
    return result;
}

int kx_service_get(struct kx_service *service, const char *path, const char *params,
                   const struct kx_call *call, struct kx_answer **out, struct kx_error *err)
{
    struct kx_service_ask ask = {.path = path, .params = params, .call = call};
    g_autoptr(GBytes) body = NULL;
    int result = kx_service_run(service, &ask, &body, err);
    return result < 0 ? result : kx_answer_parse(body, out, err);
}
