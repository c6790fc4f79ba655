#include "fs/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <syslog.h>
#include <unistd.h>

struct kx_logfile {
    struct kx_log *log;
    int fd; /* -1: none */
};

static void to_file(void *context, enum kx_log_level level, const char *line)
{
    const struct kx_logfile *logfile = context;
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *stamp = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S.%f%z");
    dprintf(logfile->fd, "%s %s: %s\n", stamp, kx_log_level_name(level), line);
}

int kx_logfile_open(const struct kx_options *options, struct kx_logfile **out, struct kx_error *err)
{
    struct kx_logfile *logfile = g_new0(struct kx_logfile, 1);
    logfile->fd = -1;
    kx_log_sink sink = options->foreground ? kx_log_to_stderr : kx_log_to_syslog;
    if (options->log_file) {
        logfile->fd = open(options->log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (logfile->fd < 0) {
            kx_logfile_free(logfile);
            return kx_error_set(err, errno, "log file %s: %s", options->log_file,
                                g_strerror(errno));
        }
        sink = to_file;
    } else if (!options->foreground) {
        openlog("knoxfs", LOG_PID, LOG_DAEMON);
    }
    logfile->log = kx_log_new(options->log_level, sink, logfile);
    *out = logfile;
    return 0;
}

void kx_logfile_free(struct kx_logfile *logfile)
{
    if (!logfile) return;
    kx_log_free(logfile->log);
    if (logfile->fd >= 0) close(logfile->fd);
    g_free(logfile);
}

struct kx_log *kx_logfile_log(struct kx_logfile *logfile)
{
    return logfile->log;
}
