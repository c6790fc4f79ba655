#include "rest/retry.h"

#include <errno.h>

#include "rest/errno_map.h"

#define PAUSE_FIRST_MS    100
#define PAUSE_MAX_MS      5000
#define RETRY_AFTER_MAX_S 10

enum kx_verdict kx_retry_judge(enum kx_op op, const struct kx_error *err)
{
    const struct kx_op_info *info = kx_op_info(op);
    if (err->code == EINTR || err->code == ENOMEM || err->code == EMSGSIZE) return KX_GIVE_UP;
    bool refused = err->code == EPROTO || err->code == EINVAL || err->code == EACCES;
    if (err->unsent) return refused ? KX_GIVE_UP : KX_TRY_AGAIN;
    bool answered = err->http_status != 0;
    if (answered && kx_exception_is_transient(err->exception, err->http_status))
        return KX_TRY_AGAIN;
    if (answered && op == KX_OPEN && kx_open_is_transient(err)) return KX_TRY_AGAIN;
    if (answered && op == KX_APPEND && kx_append_is_early(err)) return KX_TRY_AGAIN;
    /* A gateway says 500 for a silent server while the operation goes on there. */
    bool unknown = !answered || (err->http_status >= 500 && !err->exception);
    if (!unknown) return KX_GIVE_UP;
    if (info->unknown == KX_LOOK) return KX_LOOK_FIRST;
    if (!answered && (err->code == ETIMEDOUT || err->code == EPROTO)) return KX_GIVE_UP;
    return info->unknown == KX_REPEAT ? KX_TRY_AGAIN : KX_GIVE_UP;
}

bool kx_retry_elsewhere(const struct kx_error *err)
{
    if (err->http_status)
        return kx_exception_is_transient(err->exception, err->http_status) ||
               (!err->exception && err->http_status >= 500);
    return err->code == EHOSTDOWN || err->code == EHOSTUNREACH || err->code == ETIMEDOUT ||
           err->code == EIO;
}

int kx_retry_pause_ms(const struct kx_clock *clock, int attempt, long retry_after_s)
{
    if (retry_after_s > 0) return (int)MIN(retry_after_s, RETRY_AFTER_MAX_S) * 1000;
    int pause = PAUSE_FIRST_MS;
    for (int i = 1; i < attempt && pause < PAUSE_MAX_MS; i++)
        pause *= 2;
    pause = MIN(pause, PAUSE_MAX_MS);
    return pause / 2 + (int)(clock->random(clock) % (uint32_t)(pause / 2 + 1));
}
