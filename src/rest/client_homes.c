/* Which server of a list an operation asks, and when it goes on to the next one. */
#include <errno.h>

#include "rest/client_private.h"
#include "rest/errno_map.h"
#include "rest/retry.h"

const struct kx_endpoint *kx_operation_home(const struct kx_operation *o)
{
    return kx_homes_at(o->client->homes, o->home);
}

void kx_operation_at_home(struct kx_operation *o, const char *url, bool first)
{
    o->first = first;
    o->at_home = first || kx_client_is_home(o->client, url);
}

/* A standby redirects a CREATE like the active one does. */
void kx_operation_served(const struct kx_operation *o, bool redirect)
{
    if (redirect && o->op == KX_CREATE) return;
    if (kx_homes_worked(o->client->homes, o->home)) kx_datanodes_moved(o->client->datanodes);
}

bool kx_operation_elsewhere(struct kx_operation *o, const struct kx_error *err)
{
    struct kx_homes *homes = o->client->homes;
    if (!o->at_home) return false;
    if (!kx_retry_elsewhere(err)) {
        if (err->http_status) kx_operation_served(o, false);
        return false;
    }
    if (kx_homes_count(homes) < 2) return false;
    kx_homes_failed(homes, o->home, err);
    o->home = (o->home + 1) % kx_homes_count(homes);
    o->changing |= err->http_status && kx_exception_is_transient(err->exception, err->http_status);
    return true;
}

/* What a server answers at once, if it answers at all; a summary of a large folder is not. */
static bool is_quick(const struct kx_operation *o)
{
    const struct kx_op_info *info = kx_op_info(o->op);
    return info->redirected || (info->unknown == KX_REPEAT && o->op != KX_GETCONTENTSUMMARY);
}

struct kx_limits kx_operation_home_limits(const struct kx_operation *o)
{
    const struct kx_clock *clock = o->client->config.clock;
    struct kx_limits limits = o->limits;
    if (kx_homes_count(o->client->homes) > 1 && is_quick(o))
        limits.deadline_ms = MIN(limits.deadline_ms, clock->now_ms(clock) + o->half_ms);
    return limits;
}

bool kx_operation_next_try(struct kx_operation *o, bool elsewhere, int rounds)
{
    const struct kx_clock *clock = o->client->config.clock;
    o->passed = elsewhere ? o->passed + 1 : 0;
    if (elsewhere && o->passed < kx_homes_count(o->client->homes)) {
        o->pauses = false;
        return !kx_cancel_fired(o->limits.cancel) && clock->now_ms(clock) < o->limits.deadline_ms;
    }
    o->passed = 0;
    o->pauses = true;
    bool waits = o->changing && rounds > 1; /* somebody will be active soon */
    return o->round++ < rounds || waits;
}
