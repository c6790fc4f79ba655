#include "fs/mount.h"

#include <errno.h>
#include <pwd.h>
#include <unistd.h>

#include "fs/data/space.h"
#include "fs/data/writer.h"
#include "fs/errors.h"
#include "fs/names/identity.h"
#include "fs/names/inode.h"
#include "fs/names/pages.h"
#include "fs/opens.h"
#include "rest/webhdfs.h"

#define BLOCKS_KEPT 64 /* 8 MiB of free blocks at most wait for their next use */
#define WINDOW_BYTES                                                                               \
    ((size_t)2 * 1024 * 1024) /* of each stream: two of the kernel's largest writes */
#define MOUNT_TRIES 2

static char *who_runs(void)
{
    const struct passwd *entry = getpwuid(geteuid());
    return entry ? g_strdup(entry->pw_name) : NULL;
}

static int make_client(struct kx_mount *mount, const struct kx_endpoint *endpoint,
                       struct kx_error *err)
{
    const struct kx_options *options = mount->options;
    g_autofree char *runner = options->user ? g_strdup(options->user) : who_runs();
    const struct kx_client_config config = {.endpoint = endpoint,
                                            .user = runner,
                                            .clock = mount->clock,
                                            .log = mount->log,
                                            .pool = mount->pool,
                                            .timeout_ms = (int)options->timeout_ms,
                                            .stall_ms = (int)options->data_timeout_ms,
                                            .connect_timeout_ms = (int)options->connect_timeout_ms,
                                            .window_bytes = WINDOW_BYTES};
    return kx_client_new(&config, &mount->client, err);
}

/* Put into words what went wrong with the very first request. */
static void explain(struct kx_error *err, const struct kx_endpoint *endpoint)
{
    if (err->code == ENOENT && err->exception)
        kx_error_prefix(err, "there is no %s on %s", endpoint->root, endpoint->origin);
    else if (err->http_status && !err->exception)
        kx_error_prefix(err,
                        "%s does not speak WebHDFS (is it the NameNode's HTTP port, usually 9870?)",
                        endpoint->origin);
    else
        kx_error_prefix(err, "cannot mount %s", endpoint->text);
}

static int find_root(struct kx_mount *mount, struct kx_error *err)
{
    const struct kx_endpoint *endpoint = kx_client_endpoint(mount->client);
    const struct kx_call call = {.attempts = MOUNT_TRIES};
    struct kx_status root = {0};
    int result = kx_webhdfs_stat(mount->client, endpoint->root, &call, &root, err);
    if (result < 0)
        explain(err, endpoint);
    else if (root.type != KX_TYPE_DIRECTORY)
        result = kx_error_set(err, ENOTDIR, "%s on %s is not a directory", endpoint->root,
                              endpoint->origin);
    else
        mount->inodes = kx_inodes_new(endpoint->root, &root, mount->clock->now_ms(mount->clock));
    kx_status_clear(&root);
    return result;
}

int kx_mount_new(const struct kx_options *options, struct kx_log *log, struct kx_mount **out,
                 struct kx_error *err)
{
    struct kx_endpoint endpoint;
    int result = kx_endpoint_parse(options->endpoint, &endpoint, err);
    if (result < 0) return result;
    g_autoptr(kx_mount) mount = g_new0(struct kx_mount, 1);
    mount->options = options;
    mount->clock = kx_clock_system();
    mount->log = log;
    mount->pool = kx_pool_new(BLOCKS_KEPT);
    mount->identity = kx_identity_new(options->uid, options->gid);
    mount->errors = kx_errors_new(log);
    mount->space = kx_space_new();
    mount->pages = kx_pages_new();
    mount->writers = kx_writers_new();
    mount->opens = kx_opens_new();
    mount->id = g_strdup_printf("%08x%04x", g_random_int(), g_random_int() & 0xffff);
    result = make_client(mount, &endpoint, err);
    kx_endpoint_clear(&endpoint);
    if (result == 0) result = find_root(mount, err);
    if (result < 0) return result;
    *out = g_steal_pointer(&mount);
    return 0;
}

void kx_mount_free(struct kx_mount *mount)
{
    if (!mount) return;
    kx_opens_free(mount->opens);
    kx_writers_free(mount->writers);
    kx_inodes_free(mount->inodes);
    kx_client_free(mount->client);
    kx_space_free(mount->space);
    kx_pages_free(mount->pages);
    kx_errors_free(mount->errors);
    kx_identity_free(mount->identity);
    kx_pool_free(mount->pool);
    g_free(mount->id);
    g_free(mount);
}
