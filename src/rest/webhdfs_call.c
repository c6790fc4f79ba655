#include "rest/webhdfs_call.h"

#include <errno.h>
#include <stdarg.h>

#include "rest/homes.h"

#define LOOK_TIMEOUT_MS   5000
#define SETTLED_TRIES_MAX 2 /* of an operation that was looked for and found undone each time */
#define SETTLED_PAUSE_MS  100

char *kx_params_new(const char *name, ...)
{
    GString *params = g_string_new(NULL);
    va_list pairs;
    va_start(pairs, name);
    for (; name; name = va_arg(pairs, const char *))
        kx_url_append_query(params, name, va_arg(pairs, const char *));
    va_end(pairs);
    return g_string_free(params, FALSE);
}

int kx_ask_body(const struct kx_ask *ask, GBytes **body, struct kx_error *err)
{
    return kx_client_run(ask, body, NULL, err);
}

int kx_ask_done(const struct kx_ask *ask, struct kx_error *err)
{
    return kx_ask_body(ask, NULL, err);
}

/* @return whether the operation may be asked once more, though it may have been sent already. */
static bool may_be_asked_again(enum kx_fate fate, int rc, const struct kx_error *err)
{
    return fate == KX_FATE_UNDONE && rc == -EIO && !err->http_status;
}

int kx_ask_settled(const struct kx_ask *ask, kx_fate_of fate, const void *context, GBytes **body,
                   bool *maybe, struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    *maybe = false;
    *body = NULL;
    for (int tries = 1;; tries++) {
        bool unsure = false;
        int rc = kx_client_run(ask, body, &unsure, &own);
        *maybe |= unsure;
        if (rc >= 0) return rc;
        if (!*maybe || rc == -EINTR) return kx_error_hand(&own, rc, err);
        enum kx_fate now = fate(ask, context);
        if (now == KX_FATE_DONE) return 0;
        if (tries >= SETTLED_TRIES_MAX || !may_be_asked_again(now, rc, &own))
            return kx_error_hand(&own, rc, err);
        if (kx_cancel_sleep(ask->call ? ask->call->cancel : NULL, SETTLED_PAUSE_MS) < 0)
            return kx_error_set(err, EINTR, "interrupted");
        kx_error_clear(&own);
    }
}

int kx_ask_done_settled(const struct kx_ask *ask, kx_fate_of fate, const void *context,
                        struct kx_error *err)
{
    g_autoptr(GBytes) body = NULL;
    bool maybe;
    return kx_ask_settled(ask, fate, context, &body, &maybe, err);
}

int kx_ask_about(const struct kx_ask *ask, int rc, struct kx_error *err)
{
    if (rc < 0) kx_error_about(err, kx_op_info(ask->op)->name, ask->path);
    return rc;
}

int kx_ask_read(const struct kx_ask *ask, const struct kx_json_shape *shape, void *out,
                struct kx_error *err)
{
    g_autoptr(GBytes) body = NULL;
    int rc = kx_ask_body(ask, &body, err);
    return rc < 0 ? rc : kx_ask_about(ask, kx_json_read(body, shape, out, err), err);
}

int kx_ask_array(const struct kx_ask *ask, const struct kx_json_shape *shape, GDestroyNotify clear,
                 GArray **out, struct kx_error *err)
{
    g_autoptr(GBytes) body = NULL;
    int rc = kx_ask_body(ask, &body, err);
    if (rc < 0) return rc;
    g_autoptr(GArray) array = g_array_new(FALSE, TRUE, (guint)shape->size);
    g_array_set_clear_func(array, clear);
    rc = kx_json_read_array(body, shape, array, err);
    if (rc == 0) *out = g_steal_pointer(&array);
    return kx_ask_about(ask, rc, err);
}

int kx_look(const struct kx_ask *ask, const char *path, struct kx_status *out)
{
    /* Where servers change places that lasts longer. */
    bool alone = kx_homes_count(kx_client_homes(ask->client)) == 1;
    const struct kx_call call = {.cancel = ask->call ? ask->call->cancel : NULL,
                                 .timeout_ms = alone ? LOOK_TIMEOUT_MS : 0};
    struct kx_status status = {0};
    int rc = kx_webhdfs_stat(ask->client, path, &call, out ? out : &status, NULL);
    kx_status_clear(&status);
    return rc;
}

enum kx_fate kx_fate_of_path(const struct kx_ask *ask, const char *path, bool made)
{
    int rc = kx_look(ask, path, NULL);
    if (rc == 0) return made ? KX_FATE_DONE : KX_FATE_UNDONE;
    if (rc == -ENOENT) return made ? KX_FATE_UNDONE : KX_FATE_DONE;
    return KX_FATE_UNKNOWN;
}

int kx_error_hand(struct kx_error *own, int rc, struct kx_error *err)
{
    if (rc < 0 && err) kx_error_copy(err, own);
    return rc;
}
