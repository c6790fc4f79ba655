#include "fs/appender.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_FLAGS (O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK)

struct kx_appender {
    char *path, *name; /* the name is in the folder */
    int folder;        /* as it was found: what is mounted over it later does not matter */
    GMutex mutex;      /* guards what follows */
    int fd;
    bool torn;    /* the last text went in only partly */
    gint failing; /* atomic: it did not take what was noted last */
};

/* @return what is wrong with it; NULL: nothing. */
static const char *trouble_of(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0) return g_strerror(errno);
    if (!S_ISREG(st.st_mode)) return "it is no regular file";
    if (st.st_uid != geteuid()) return "it belongs to somebody else";
    if (st.st_nlink != 1) return "it has another name, too";
    return st.st_mode & (S_IWGRP | S_IWOTH) ? "others may write to it" : NULL;
}

/* @return the descriptor; -errno. */
static int open_safely(const struct kx_appender *appender, struct kx_error *err)
{
    int fd = openat(appender->folder, appender->name, OPEN_FLAGS, 0600);
    int code = errno;
    if (fd < 0 && code == ELOOP)
        return kx_error_set(err, code, "%s: a symbolic link is not followed", appender->path);
    if (fd < 0) return kx_error_set(err, code, "%s: %s", appender->path, g_strerror(code));
    const char *trouble = trouble_of(fd);
    if (!trouble) return fd;
    close(fd);
    return kx_error_set(err, EPERM, "%s: %s", appender->path, trouble);
}

/* @return the descriptor of the folder that a file is in; -errno. */
static int open_folder(const char *path, dev_t elsewhere, struct kx_error *err)
{
    struct stat st;
    g_autofree char *above = g_path_get_dirname(path);
    int fd = open(above, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return kx_error_set(err, errno, "%s: %s", above, g_strerror(errno));
    if (!elsewhere || fstat(fd, &st) != 0 || st.st_dev != elsewhere) return fd;
    close(fd);
    return kx_error_set(err, EINVAL, "%s: a file outside of this mount is expected", path);
}

int kx_appender_open(const char *path, dev_t elsewhere, struct kx_appender **out,
                     struct kx_error *err)
{
    int folder = open_folder(path, elsewhere, err);
    if (folder < 0) return folder;
    struct kx_appender *appender = g_new0(struct kx_appender, 1);
    appender->path = g_strdup(path);
    appender->name = g_path_get_basename(path);
    appender->folder = folder;
    g_mutex_init(&appender->mutex);
    appender->fd = open_safely(appender, err);
    int result = MIN(appender->fd, 0);
    if (result == 0)
        *out = appender;
    else
        kx_appender_free(appender);
    return result;
}

void kx_appender_free(struct kx_appender *appender)
{
    if (!appender) return;
    if (appender->fd >= 0) close(appender->fd);
    close(appender->folder);
    g_mutex_clear(&appender->mutex);
    g_free(appender->path);
    g_free(appender->name);
    g_free(appender);
}

/* Mutex held. Where no new one can be made the old one goes on. */
static void follow_name(struct kx_appender *appender)
{
    struct stat named, ours;
    if (fstat(appender->fd, &ours) != 0) return;
    bool there = fstatat(appender->folder, appender->name, &named, AT_SYMLINK_NOFOLLOW) == 0;
    if (there && named.st_ino == ours.st_ino && named.st_dev == ours.st_dev) return;
    int fd = open_safely(appender, NULL);
    if (fd < 0) return;
    close(appender->fd);
    appender->fd = fd;
    appender->torn = false;
}

/* Mutex held.  @return 0; -errno. */
static int write_all(struct kx_appender *appender, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t done = write(appender->fd, text, length);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return -errno;
        text += done;
        length -= (size_t)done;
        appender->torn = length > 0;
    }
    return 0;
}

int kx_appender_add(struct kx_appender *appender, const char *text, size_t length)
{
    g_mutex_lock(&appender->mutex);
    follow_name(appender);
    int result = appender->torn ? write_all(appender, "\n", 1) : 0;
    if (result == 0) result = write_all(appender, text, length);
    g_mutex_unlock(&appender->mutex);
    return result;
}

void kx_appender_note(struct kx_appender *appender, struct kx_log *log, const char *what,
                      const char *text, size_t length)
{
    int result = kx_appender_add(appender, text, length);
    bool before = g_atomic_int_exchange(&appender->failing, result < 0);
    if (result < 0 && !before)
        kx_log_write(log, KX_LOG_ERROR, "the file of %s takes nothing: %s", what,
                     g_strerror(-result));
}
