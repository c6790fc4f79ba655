#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "fs/fuse/fuse_io.h"
#include "fs/fuse/fuse_route.h"
#include "fs/mountinfo.h"
#include "fs/readahead.h"
#include "fs/session.h"

#define REQUEST_BYTES_MAX (1024 * 1024) /* libfuse 3.14 carries at most 256 pages in a request */
#define BACKGROUND_MAX    64 /* readahead requests in flight; the kernel's 12 cap it at 1.5 MiB */
#define THREADS_MAX       64 /* one slow server call each; a stuck one must not block the others */
#define THREADS_IDLE_MAX  4  /* each keeps a buffer of REQUEST_BYTES_MAX */

struct kx_session {
    struct fuse_session *fuse;
    gboolean mounted, signals;
};

static void on_init(void *userdata, struct fuse_conn_info *conn)
{
    struct kx_mount *mount = userdata;
    const unsigned wanted = FUSE_CAP_ASYNC_READ | FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_READDIRPLUS |
                            FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_ATOMIC_O_TRUNC |
                            FUSE_CAP_AUTO_INVAL_DATA;
    /* Splicing is no faster from memory, and write-back caching would answer write() before we have
     * seen it. */
    conn->want &= ~(unsigned)(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE |
                              FUSE_CAP_WRITEBACK_CACHE);
    conn->want |= wanted & conn->capable;
    conn->max_write = REQUEST_BYTES_MAX;
    conn->max_read = REQUEST_BYTES_MAX;
    conn->max_readahead = (unsigned)MAX(REQUEST_BYTES_MAX, mount->options->read_ahead_bytes);
    conn->max_background = BACKGROUND_MAX;
    conn->congestion_threshold = BACKGROUND_MAX * 3 / 4;
    conn->time_gran = 1000000; /* HDFS counts milliseconds */
    kx_log_write(mount->log, KX_LOG_DEBUG, "FUSE protocol %u.%u, capabilities 0x%x",
                 conn->proto_major, conn->proto_minor, conn->want);
}

static void append_escaped(GString *options, const char *name, const char *value)
{
    g_string_append_printf(options, ",%s=", name);
    for (; *value; value++) {
        if (*value == ',' || *value == '\\') g_string_append_c(options, '\\');
        g_string_append_c(options, *value);
    }
}

/* What libfuse and the kernel are told. */
static char *mount_options(const struct kx_mount *mount)
{
    const struct kx_options *options = mount->options;
    GString *text = g_string_new("subtype=knoxfs");
    append_escaped(text, "fsname", options->fsname ? options->fsname : options->endpoint);
    g_string_append_printf(text, ",max_read=%d", REQUEST_BYTES_MAX);
    if (options->read_only) g_string_append(text, ",ro");
    if (options->allow_other) g_string_append(text, ",allow_other");
    if (options->default_permissions) g_string_append(text, ",default_permissions");
    for (guint i = 0; i < options->kernel->len; i++)
        g_string_append_printf(text, ",%s", (char *)g_ptr_array_index(options->kernel, i));
    return g_string_free(text, FALSE);
}

/* No lock of ours is held: the kernel may wait for answers in that directory first. */
static void tell_gone(struct kx_mount *mount, uint64_t directory, uint64_t node, const char *name)
{
    int result = fuse_lowlevel_notify_delete(mount->kernel, directory, node, name, strlen(name));
    kx_log_write(mount->log, KX_LOG_DEBUG, "the kernel is told that %s is gone: %s", name,
                 g_strerror(-result));
}

/* As above. The name stays usable as a working directory, so it is not dropped, only asked for
 * again.
 */
static void tell_stale(struct kx_mount *mount, uint64_t directory, uint64_t node, const char *name)
{
    if (name)
        (void)fuse_lowlevel_notify_expire_entry(mount->kernel, directory, name, strlen(name),
                                                FUSE_LL_EXPIRE_ONLY);
    if (node) (void)fuse_lowlevel_notify_inval_inode(mount->kernel, node, 0, 0);
}

/* Before the kernel's INIT is answered: it takes the lesser of what is set and what the answer
 * says.
 */
static void note_device(struct kx_mount *mount, const char *mountpoint)
{
    if (!kx_mountinfo_at(mountpoint, &mount->device)) return;
    int64_t bytes = mount->options->read_ahead_bytes;
    int result = bytes ? kx_readahead_set(mount->device, bytes) : 0;
    if (result < 0)
        kx_log_write(mount->log, KX_LOG_DEBUG, "the kernel's read-ahead stays as it is: %s",
                     g_strerror(-result));
}

static int attach(struct kx_session *session, struct kx_mount *mount, const char *mountpoint,
                  struct kx_error *err)
{
    g_autofree char *options = mount_options(mount);
    struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
    fuse_opt_add_arg(&args, "knoxfs");
    fuse_opt_add_arg(&args, "-o");
    fuse_opt_add_arg(&args, options);
    struct fuse_lowlevel_ops operations = kx_fuse_operations();
    operations.init = on_init;
    session->fuse = fuse_session_new(&args, &operations, sizeof(operations), mount);
    fuse_opt_free_args(&args);
    if (!session->fuse)
        return kx_error_set(err, EINVAL, "libfuse does not take the options: %s", options);
    session->signals = fuse_set_signal_handlers(session->fuse) == 0;
    errno = 0;
    if (fuse_session_mount(session->fuse, mountpoint) != 0)
        return kx_error_set(err, errno ? errno : EIO,
                            "cannot mount at %s (is /dev/fuse there, and may you use fusermount3?)",
                            mountpoint);
    session->mounted = TRUE;
    mount->kernel = session->fuse;
    mount->tell_gone = tell_gone;
    mount->tell_stale = tell_stale;
    note_device(mount, mountpoint);
    int result = kx_fuse_install_io(session->fuse);
    return result < 0 ? kx_error_set(err, -result, "libfuse does not take our way to the kernel")
                      : 0;
}

int kx_session_new(struct kx_mount *mount, const char *mountpoint, struct kx_session **out,
                   struct kx_error *err)
{
    struct kx_session *session = g_new0(struct kx_session, 1);
    int result = attach(session, mount, mountpoint, err);
    if (result < 0)
        kx_session_free(session);
    else
        *out = session;
    return result;
}

int kx_session_serve(struct kx_session *session)
{
    struct fuse_loop_config *config = fuse_loop_cfg_create();
    fuse_loop_cfg_set_max_threads(config, THREADS_MAX);
    fuse_loop_cfg_set_idle_threads(config, THREADS_IDLE_MAX);
    int result = fuse_session_loop_mt(session->fuse, config);
    fuse_loop_cfg_destroy(config);
    return result > 0 ? 0 : result; /* positive: the number of the signal that ended it */
}

void kx_session_free(struct kx_session *session)
{
    if (!session) return;
    if (session->mounted) fuse_session_unmount(session->fuse);
    if (session->signals) fuse_remove_signal_handlers(session->fuse);
    if (session->fuse) fuse_session_destroy(session->fuse);
    g_free(session);
}
