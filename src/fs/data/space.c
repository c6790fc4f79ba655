#include "fs/data/space.h"

#include <errno.h>

#include "fs/mount.h"
#include "rest/url.h"
#include "rest/webhdfs.h"

#define UNIT_BYTES                                                                                 \
    1048576 /* f_frsize: with 4 KiB a cluster's block counts overflow old programs' 32 bits */

struct kx_space_cache {
    GMutex mutex; /* guards all below */
    struct kx_space space;
    int64_t asked_ms; /* 0: never */
    gboolean asking;
};

struct kx_space_cache *kx_space_new(void)
{
    struct kx_space_cache *cache = g_new0(struct kx_space_cache, 1);
    g_mutex_init(&cache->mutex);
    return cache;
}

void kx_space_free(struct kx_space_cache *cache)
{
    if (!cache) return;
    g_mutex_clear(&cache->mutex);
    g_free(cache);
}

/* GETSTATUS; a server without it may have a quota on the mount's root; a file system with neither
 * shows what is used, and no end. */
static int ask(struct kx_mount *mount, const struct kx_call *call, struct kx_space *out)
{
    int result = kx_webhdfs_space(mount->client, call, out, NULL);
    if (result != -ENOTSUP) return result;
    struct kx_quota_usage quota;
    const char *root = kx_client_endpoint(mount->client)->root;
    result = kx_webhdfs_quota_usage(mount->client, root, call, &quota, NULL);
    if (result < 0) return result;
    out->used = quota.space_consumed;
    out->capacity = quota.space_quota > 0 ? quota.space_quota : quota.space_consumed;
    out->remaining = out->capacity - out->used;
    return 0;
}

static void refresh(struct kx_mount *mount, const struct kx_call *call)
{
    struct kx_space_cache *cache = mount->space;
    const struct kx_call patient = {
        .cancel = call ? call->cancel : NULL, .timeout_ms = KX_SPACE_TIMEOUT_MS, .attempts = 1};
    struct kx_space fresh = {0};
    int result = ask(mount, &patient, &fresh);
    g_mutex_lock(&cache->mutex);
    if (result == 0) cache->space = fresh;
    cache->asked_ms = mount->clock->now_ms(mount->clock);
    cache->asking = FALSE;
    g_mutex_unlock(&cache->mutex);
}

void kx_space_get(struct kx_mount *mount, const struct kx_call *call, struct statvfs *out)
{
    struct kx_space_cache *cache = mount->space;
    int64_t now = mount->clock->now_ms(mount->clock);
    g_mutex_lock(&cache->mutex);
    gboolean old = !cache->asked_ms || now - cache->asked_ms > KX_SPACE_AGE_MS;
    gboolean mine = old && !cache->asking;
    if (mine) cache->asking = TRUE;
    g_mutex_unlock(&cache->mutex);
    if (mine) refresh(mount, call);
    g_mutex_lock(&cache->mutex);
    struct kx_space space = cache->space;
    g_mutex_unlock(&cache->mutex);
    *out = (struct statvfs){.f_bsize = UNIT_BYTES,
                            .f_frsize = UNIT_BYTES,
                            .f_blocks = (fsblkcnt_t)(space.capacity / UNIT_BYTES),
                            .f_bfree = (fsblkcnt_t)(MAX(space.remaining, 0) / UNIT_BYTES),
                            .f_namemax = KX_NAME_MAX};
    out->f_bavail = out->f_bfree;
}
