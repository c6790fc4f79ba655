#include "fs/data/local_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/sync.h"

struct kx_local_file {
    int fd;
    char *folder, *name, *path;
    bool named, left;
};

static int failed(const struct kx_local_file *file, const char *doing, struct kx_error *err)
{
    int code = errno;
    return kx_error_set(err, code, "%s the local copy in %s: %s (-o stage_dir=)", doing,
                        file->folder, g_strerror(code));
}

static struct kx_local_file *file_new(const char *folder, const char *name)
{
    struct kx_local_file *file = g_new0(struct kx_local_file, 1);
    file->fd = -1;
    file->folder = g_strdup(folder);
    file->name = g_strdup(name);
    file->path = g_build_filename(folder, name, NULL);
    return file;
}

/* Without a name; where the file system cannot make such a file, with its name at once. */
static int open_new(struct kx_local_file *file)
{
    int fd = open(file->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return fd;
    fd = open(file->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    file->named = fd >= 0;
    return fd;
}

int kx_local_file_new(const char *folder, const char *name, struct kx_local_file **out,
                      struct kx_error *err)
{
    g_autoptr(kx_local_file) file = file_new(folder, name);
    file->fd = open_new(file);
    if (file->fd < 0)
        return kx_error_set(err, errno, "no staging file in %s: %s (-o stage_dir=)", folder,
                            g_strerror(errno));
    *out = g_steal_pointer(&file);
    return 0;
}

int kx_local_file_reopen(const char *folder, const char *name, struct kx_local_file **out,
                         struct kx_error *err)
{
    g_autoptr(kx_local_file) file = file_new(folder, name);
    file->named = file->left = true; /* whatever comes: its record still refers to it */
    file->fd = open(file->path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (file->fd < 0) return failed(file, "opening", err);
    *out = g_steal_pointer(&file);
    return 0;
}

static int copy_range(const struct kx_local_file *from, struct kx_local_file *to,
                      struct kx_range range, struct kx_error *err)
{
    while (range.from < range.to) {
        loff_t in = range.from, out = range.from;
        ssize_t n =
            copy_file_range(from->fd, &in, to->fd, &out, (size_t)(range.to - range.from), 0);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed(to, "copying", err);
        if (n == 0)
            return kx_error_set(err, EIO, "the local copy in %s is shorter than it should be",
                                from->folder);
        range.from += n;
    }
    return 0;
}

int kx_local_file_copy(const struct kx_local_file *from, const struct kx_ranges *ranges,
                       int64_t length, const char *name, struct kx_local_file **out,
                       struct kx_error *err)
{
    g_autoptr(kx_local_file) copy = NULL;
    int result = kx_local_file_new(from->folder, name, &copy, err);
    for (guint i = 0; result == 0 && i < ranges->list->len; i++)
        result = copy_range(from, copy, g_array_index(ranges->list, struct kx_range, i), err);
    if (result == 0) result = kx_local_file_resize(copy, length, err);
    if (result == 0) *out = g_steal_pointer(&copy);
    return result;
}

void kx_local_file_free(struct kx_local_file *file)
{
    if (!file) return;
    if (file->named && !file->left) unlink(file->path);
    if (file->fd >= 0) close(file->fd);
    g_free(file->folder);
    g_free(file->name);
    g_free(file->path);
    g_free(file);
}

int kx_local_file_write(struct kx_local_file *file, int64_t offset, const void *data, size_t length,
                        struct kx_error *err)
{
    const char *bytes = data;
    while (length > 0) {
        ssize_t n = pwrite(file->fd, bytes, length, offset);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed(file, "writing", err);
        bytes += n;
        offset += n;
        length -= (size_t)n;
    }
    return 0;
}

int kx_local_file_read(const struct kx_local_file *file, int64_t offset, void *room, size_t length,
                       struct kx_error *err)
{
    char *to = room;
    while (length > 0) {
        ssize_t n = pread(file->fd, to, length, offset);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed(file, "reading", err);
        if (n == 0)
            return kx_error_set(err, EIO, "the local copy in %s is shorter than it should be",
                                file->folder);
        to += n;
        offset += n;
        length -= (size_t)n;
    }
    return 0;
}

int kx_local_file_resize(struct kx_local_file *file, int64_t length, struct kx_error *err)
{
    return ftruncate(file->fd, length) == 0 ? 0 : failed(file, "resizing", err);
}

int kx_local_file_keep(struct kx_local_file *file, struct kx_error *err)
{
    if (!file->named) {
        g_autofree char *self = g_strdup_printf("/proc/self/fd/%d", file->fd);
        if (linkat(AT_FDCWD, self, AT_FDCWD, file->path, AT_SYMLINK_FOLLOW) != 0)
            return failed(file, "naming", err);
        file->named = true;
    }
    /* The name is in the folder's own data: both, or the bytes could not be found again. */
    int synced = fdatasync(file->fd) == 0 ? kx_sync_folder(file->folder) : -errno;
    if (synced == 0) return 0;
    errno = -synced;
    return failed(file, "syncing", err);
}

void kx_local_file_leave(struct kx_local_file *file, bool leave)
{
    file->left = leave;
}

const char *kx_local_file_name(const struct kx_local_file *file)
{
    return file->name;
}
