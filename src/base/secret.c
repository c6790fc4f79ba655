#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/xattr.h>
#include <unistd.h>

struct kx_secret {
    size_t length;
    size_t mapped; /* bytes of `text`, in whole pages of its own; 0: GLib has them */
    char *text;
};

void kx_wipe(void *bytes, size_t length)
{
    if (length) explicit_bzero(bytes, length);
}

struct kx_secret *kx_secret_new(const char *text, size_t length)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct kx_secret *secret = g_new0(struct kx_secret, 1);
    secret->length = length;
    secret->mapped = (length / page + 1) * page;
    secret->text =
        mmap(NULL, secret->mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (secret->text == MAP_FAILED) { /* no pages of its own: GLib's memory, which it is then */
        secret->mapped = 0;
        secret->text = g_malloc0(length + 1);
    }
    if (secret->mapped) madvise(secret->text, secret->mapped, MADV_DONTDUMP);
    if (secret->mapped) mlock(secret->text, secret->mapped); /* refused: it is only not dumped */
    memcpy(secret->text, text, length);
    return secret;
}

void kx_secret_free(struct kx_secret *secret)
{
    if (!secret) return;
    kx_wipe(secret->text, secret->length);
    if (secret->mapped)
        munmap(secret->text, secret->mapped);
    else
        g_free(secret->text);
    g_free(secret);
}

const char *kx_secret_text(const struct kx_secret *secret)
{
    return secret->text;
}

size_t kx_secret_length(const struct kx_secret *secret)
{
    return secret->length;
}

/* systemd gives a credential to the user of a service by an ACL, whose mask shows as the bits of
 * the group. Does it let in anybody but that user and root? */
static bool is_closed_by_acl(int fd)
{
    enum { HEAD = 4, ENTRY = 8, ENTRIES = 16 };
    enum { OWNER = 0x01, USER = 0x02, MASK = 0x10 }; /* linux/posix_acl.h */
    uint8_t list[HEAD + ENTRIES * ENTRY];
    ssize_t length = fgetxattr(fd, "system.posix_acl_access", list, sizeof list);
    if (length < HEAD) return false;
    for (ssize_t at = HEAD; at + ENTRY <= length; at += ENTRY) {
        uint16_t tag, rights;
        uint32_t user;
        memcpy(&tag, list + at, sizeof tag);
        memcpy(&rights, list + at + 2, sizeof rights);
        memcpy(&user, list + at + 4, sizeof user);
        tag = GUINT16_FROM_LE(tag);
        user = GUINT32_FROM_LE(user);
        bool ours = tag == USER && (user == geteuid() || user == 0);
        if (rights && tag != OWNER && tag != MASK && !ours) return false;
    }
    return true;
}

/* Is it a file that only its owner can have written and read? */
static int check_file(int fd, const char *path, const struct stat *st, struct kx_error *err)
{
    if (!S_ISREG(st->st_mode)) return kx_error_set(err, EINVAL, "%s is not a regular file", path);
    if (st->st_uid != geteuid() && st->st_uid != 0)
        return kx_error_set(err, EACCES, "%s belongs to somebody else", path);
    if ((st->st_mode & S_IRWXO) || ((st->st_mode & S_IRWXG) && !is_closed_by_acl(fd)))
        return kx_error_set(err, EACCES, "others may read or write %s: chmod 600 it", path);
    if (st->st_size > (off_t)KX_SECRET_BYTES_MAX)
        return kx_error_set(err, EFBIG, "%s is too large for a login", path);
    return 0;
}

/* @out owned: at most KX_SECRET_BYTES_MAX bytes of it. */
static int read_all(int fd, const char *path, struct kx_secret **out, struct kx_error *err)
{
    char buffer[KX_SECRET_BYTES_MAX];
    size_t length = 0;
    ssize_t got = 1;
    while (got > 0 && length < sizeof buffer) {
        got = read(fd, buffer + length, sizeof buffer - length);
        if (got > 0) length += (size_t)got;
        if (got < 0 && errno == EINTR) got = 1;
    }
    int code = errno;
    if (got >= 0) *out = kx_secret_new(buffer, length);
    kx_wipe(buffer, sizeof buffer);
    return got < 0 ? kx_error_set(err, code, "%s: %s", path, g_strerror(code)) : 0;
}

int kx_secret_open(const char *path, struct stat *st, struct kx_error *err)
{
    struct stat own;
    if (!st) st = &own;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ELOOP)
        return kx_error_set(err, ELOOP, "%s is a symbolic link: name the file itself", path);
    if (fd < 0) {
        int code = errno;
        return kx_error_set(err, code, "%s: %s", path, g_strerror(code));
    }
    int rc = fstat(fd, st) == 0 ? check_file(fd, path, st, err)
                                : kx_error_set(err, errno, "%s: %s", path, g_strerror(errno));
    if (rc < 0) close(fd);
    return rc < 0 ? rc : fd;
}

int kx_secret_read_lines(const char *path, struct kx_secret **out, struct stat *st,
                         struct kx_error *err)
{
    int fd = kx_secret_open(path, st, err);
    if (fd < 0) return fd;
    int rc = read_all(fd, path, out, err);
    close(fd);
    return rc;
}

int kx_secret_take_line(const char *bytes, size_t length, const char *where, struct kx_secret **out,
                        struct kx_error *err)
{
    if (length > 0 && bytes[length - 1] == '\n') length--;
    if (length > 0 && bytes[length - 1] == '\r') length--;
    if (length == 0) return kx_error_set(err, EINVAL, "%s is empty", where);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)bytes[i] < 0x20 || bytes[i] == 0x7f)
            return kx_error_set(err, EINVAL,
                                "%s has more than one line, or a control character in it", where);
    *out = kx_secret_new(bytes, length);
    return 0;
}

int kx_secret_read_file(const char *path, struct kx_secret **out, struct stat *st,
                        struct kx_error *err)
{
    g_autoptr(kx_secret) all = NULL;
    int rc = kx_secret_read_lines(path, &all, st, err);
    if (rc == 0) rc = kx_secret_take_line(all->text, all->length, path, out, err);
    return rc;
}

void kx_secret_guard_process(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
