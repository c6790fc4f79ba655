/* The journal's folder and the locks that say which mounts live. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sync.h"
#include "fs/journal/journal_private.h"

#define FOREIGN_BITS 077

/* @return a descriptor of it; -errno. */
static int check(const char *folder, struct kx_error *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st = {0};
    int result = 0;
    if (fd < 0 || fstat(fd, &st) != 0)
        result = kx_error_set(err, errno, "%s: %s (-o stage_dir=)", folder, g_strerror(errno));
    else if (st.st_uid != geteuid() || (st.st_mode & FOREIGN_BITS))
        result = kx_error_set(
            err, EPERM, "%s must belong to you alone, with mode 0700 (-o stage_dir=)", folder);
    if (result == 0) return fd;
    if (fd >= 0) close(fd);
    return result;
}

int kx_folder_make(const char *parent, char **out, int *shared, struct kx_error *err)
{
    g_autofree char *name = g_strdup_printf("knoxfs-%u", (unsigned)geteuid());
    g_autofree char *folder = g_build_filename(parent, name, NULL);
    bool made = mkdir(folder, 0700) == 0;
    if (!made && errno != EEXIST)
        return kx_error_set(err, errno,
                            "no folder for unfinished uploads in %s: %s (-o stage_dir=)", parent,
                            g_strerror(errno));
    int fd = check(folder, err);
    if (fd < 0) return fd;
    /* A folder whose name the disk does not have is lost with all that is in it. */
    int synced = made ? kx_sync_folder(parent) : 0;
    if (synced < 0) {
        close(fd);
        return kx_error_set(err, -synced, "%s: %s (-o stage_dir=)", parent, g_strerror(-synced));
    }
    flock(fd, LOCK_SH | LOCK_NB); /* a courtesy: without it nothing is wrong here */
    *shared = fd;
    *out = g_steal_pointer(&folder);
    return 0;
}

static char *lock_path(const char *folder, const char *mount)
{
    g_autofree char *name = g_strdup_printf("%s.lock", mount);
    return g_build_filename(folder, name, NULL);
}

int kx_folder_lock(const char *folder, const char *mount)
{
    g_autofree char *path = lock_path(folder, mount);
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) return -errno;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
    int code = errno;
    close(fd);
    return -code;
}

void kx_folder_unlock(const char *folder, const char *mount, int lock)
{
    g_autofree char *path = lock_path(folder, mount);
    unlink(path);
    close(lock);
}
