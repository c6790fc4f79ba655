/* Ranges and uploads: by way of the NameNode, or straight to a DataNode that is known. */
#include <errno.h>

#include "rest/client_private.h"
#include "rest/errno_map.h"

static struct kx_direct what_of(const struct kx_operation *o)
{
    return (struct kx_direct){.op = kx_op_info(o->op)->name,
                              .user = o->client->user,
                              .path = o->path,
                              .params = o->params,
                              .range = o->range};
}

void kx_operation_remember(const struct kx_operation *o, const char *url)
{
    const struct kx_direct what = what_of(o);
    kx_datanodes_learn(o->client->datanodes, kx_operation_home(o), &what, url);
}

void kx_operation_learn(const struct kx_operation *o, const char *url)
{
    kx_operation_remember(o, url);
    if (o->op == KX_OPEN) kx_stats_add(o->client->config.stats, KX_STAT_OPENS_REDIRECTED, 1);
}

struct kx_limits kx_operation_limits(const struct kx_operation *o, const char *url)
{
    const struct kx_clock *clock = o->client->config.clock;
    struct kx_limits limits = o->limits;
    if (o->op == KX_OPEN && kx_client_can_suspect(o->client, url))
        limits.deadline_ms = MIN(limits.deadline_ms, clock->now_ms(clock) + o->half_ms);
    return limits;
}

/* The answer to a range. A refusal may be right, or the DataNode's own trouble: the NameNode
 * knows. */
static int open_direct(struct kx_operation *o, const char *url, struct kx_transfer **out,
                       struct kx_error *err)
{
    g_autoptr(kx_transfer) transfer = NULL;
    const struct kx_limits limits = kx_operation_limits(o, url);
    int result = kx_operation_send(o, url, KX_STEP_LAST, &limits, &transfer, err);
    if (result == 0) result = kx_client_judge(o->client, transfer, o->op, o->path, &limits, err);
    if (result == 0) {
        *out = g_steal_pointer(&transfer);
        kx_datanodes_worked(o->client->datanodes);
    }
    return result;
}

/* What has failed is not asked again before a redirect names it. */
static void forget(struct kx_operation *o, const char *url, const struct kx_error *err)
{
    if (o->op != KX_OPEN) {
        kx_datanodes_failed(o->client->datanodes, url, true);
        return;
    }
    kx_datanodes_failed(o->client->datanodes, url, false);
    if (!err->http_status)
        kx_operation_suspect(o, url, err);
    else if (!kx_open_is_transient(err))
        o->refused = true;
}

bool kx_operation_direct(struct kx_operation *o, struct kx_transfer **out)
{
    KX_ERROR_AUTO(err);
    const struct kx_direct what = what_of(o);
    struct kx_stats *stats = o->client->config.stats;
    g_autofree char *url = kx_datanodes_url(o->client->datanodes, &what);
    if (!url) return false;
    int result = o->op == KX_OPEN ? open_direct(o, url, out, &err)
                                  : kx_operation_send(o, url, KX_STEP_BODY, &o->limits, out, &err);
    if (result == 0 && o->op == KX_OPEN) kx_stats_add(stats, KX_STAT_OPENS_DIRECT, 1);
    if (result == 0) return true;
    if (err.code == EINTR) return false; /* the next step finds it out, too */
    g_autofree char *line = kx_error_format(&err);
    kx_log_write(o->client->config.log, KX_LOG_INFO, "%s; asking the NameNode", line);
    kx_stats_add(stats, KX_STAT_DIRECT_FAILED, 1);
    forget(o, url, &err);
    return false;
}

int kx_client_open(struct kx_client *client, const struct kx_open *what, const struct kx_call *call,
                   struct kx_transfer **out, struct kx_error *err)
{
    const struct kx_extent range = {what->offset, what->length};
    g_autoptr(GString) params = g_string_new(NULL);
    kx_url_append_query_int(params, "offset", what->offset);
    kx_url_append_query_int(params, "length", what->length);
    struct kx_operation o = {.client = client,
                             .op = KX_OPEN,
                             .path = what->path,
                             .params = params->str,
                             .range = &range,
                             .window_bytes = what->window_bytes,
                             .direct = what->direct};
    return kx_operation_run(&o, call, NULL, NULL, out, NULL, err);
}

int kx_client_upload(struct kx_client *client, const struct kx_send *send,
                     const struct kx_call *call, struct kx_transfer **out, bool *direct,
                     struct kx_error *err)
{
    struct kx_operation o = {.client = client,
                             .op = send->op,
                             .path = send->path,
                             .params = send->params,
                             .late = send->late,
                             .length = send->length,
                             .direct = send->direct};
    int result = kx_operation_run(&o, call, NULL, NULL, out, NULL, err);
    *direct = o.direct;
    return result;
}
