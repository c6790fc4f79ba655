/* knoxfs: mount an HDFS file system over HTTP. Parses, goes into the background, mounts, serves;
 * errors are printed here only. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "conf/ask.h"
#include "conf/login.h"
#include "conf/options.h"
#include "fs/background.h"
#include "fs/logfile.h"
#include "fs/mount.h"
#include "fs/session.h"
#include "rest/kerberos.h"

/* From here on each piece is the system's, and goes back to it: libcurl's buffers are 256 KiB, one
 * a stream. Left alone, malloc takes them out of its heaps once one was freed, and keeps them. */
#define MAPPED_BYTES (128 * 1024)
#define ARENAS_MAX                                                                                 \
    2 /* of malloc: by default one for each of some 64 threads, each with its own free memory */

static void complain(const struct kx_error *err)
{
    fprintf(stderr, "knoxfs: %s%s%s\n", err->path && !err->http_status ? err->path : "",
            err->path && !err->http_status ? ": " : "",
            err->message ? err->message : g_strerror(err->code));
}

/* The directory to mount on, absolute.  @return 0, @out owned; -errno. */
static int find_mountpoint(const char *given, char **out, struct kx_error *err)
{
    struct stat st;
    if (stat(given, &st) != 0 && errno == ENOTCONN)
        return kx_error_set(err, ENOTCONN,
                            "%s: a mount whose driver is gone is still there: fusermount3 -u %s",
                            given, given);
    char *path = realpath(given, NULL);
    if (!path) return kx_error_set(err, errno, "%s: %s", given, g_strerror(errno));
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        free(path);
        return kx_error_set(err, ENOTDIR, "%s: not a directory: it cannot be a mount point", given);
    }
    *out = g_strdup(path);
    free(path);
    return 0;
}

/* Serve until the end, then bring home what is left.  @return the exit status. */
static int serve(struct kx_mount *mount, struct kx_session *session)
{
    int result = kx_session_serve(session);
    unsigned lost = kx_mount_finish(mount);
    if (lost)
        kx_log_write(
            mount->log, KX_LOG_ERROR,
            "%u files could not be uploaded at the end (those that were staged are kept: the "
            "next mount has them in /.cluster/mount/pending)",
            lost);
    return result < 0 || lost ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run(const struct kx_options *options, const struct kx_secret *typed,
               const char *mountpoint, struct kx_background *background)
{
    KX_ERROR_AUTO(err);
    g_autoptr(kx_logfile) logfile = NULL;
    g_autoptr(kx_mount) mount = NULL;
    struct kx_session *session = NULL;
    int result = kx_logfile_open(options, &logfile, &err);
    if (result == 0) result = kx_mount_new(options, typed, kx_logfile_log(logfile), &mount, &err);
    if (result == 0) result = kx_session_new(mount, mountpoint, &session, &err);
    if (result < 0) {
        complain(&err);
        return EXIT_FAILURE;
    }
    kx_background_ready(background);
    int status = serve(mount, session);
    kx_session_free(session);
    return status;
}

/* Say it on the terminal, too: a log in the background is read late. */
static void warn(const struct kx_options *options)
{
    struct kx_endpoint endpoint;
    if (kx_endpoint_parse(options->service, &endpoint, NULL) < 0) return;
    g_autofree char *warning = kx_login_warning(options, &endpoint);
    if (warning && !options->foreground) fprintf(stderr, "knoxfs: warning: %s\n", warning);
    kx_endpoint_clear(&endpoint);
}

static int mount_and_serve(const struct kx_options *options)
{
    KX_ERROR_AUTO(err);
    g_autofree char *mountpoint = NULL;
    g_autoptr(kx_secret) typed = NULL;
    struct kx_background background;
    if (kx_login_is_secret(options)) kx_secret_guard_process();
    warn(options);
    int result = find_mountpoint(options->mountpoint, &mountpoint, &err);
    if (result == 0 && options->ask_password) result = kx_ask_password(options->user, &typed, &err);
    if (result == 0) result = kx_background_enter(&background, !options->foreground, &err);
    if (result < 0) {
        complain(&err);
        return EXIT_FAILURE;
    }
    if (background.parent) return background.status;
    return run(options, typed, mountpoint, &background);
}

/* Every file that waits for its upload (write=back) is open here. */
static void allow_many_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
    struct kx_options options;
    KX_ERROR_AUTO(err);
    if (kx_kerberos_is_child(argc, argv)) return kx_kerberos_main(argv);
    mallopt(M_ARENA_MAX, ARENAS_MAX);
    mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES);
    allow_many_files();
    if (kx_options_parse(argc, argv, &options, &err) < 0) {
        complain(&err);
        return 2;
    }
    int status = EXIT_SUCCESS;
    if (options.help) {
        g_autofree char *help = kx_options_help();
        fputs(help, stdout);
    } else if (options.version) {
        printf("knoxfs %s\n", KX_VERSION);
    } else if (!options.fake) {
        status = mount_and_serve(&options);
    }
    kx_options_clear(&options);
    return status;
}
