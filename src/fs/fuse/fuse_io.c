#include "fs/fuse/fuse_io.h"

#include <errno.h>
#include <linux/fuse.h>
#include <sys/uio.h>
#include <unistd.h>

/* Of these libfuse 3.14 knows nothing, or forgets them. A file of HDFS has neither set-user-ID bits
 * nor capabilities, so there are none for a write to take away. */
#define ADDED_FLAGS (FUSE_PARALLEL_DIROPS | FUSE_HANDLE_KILLPRIV_V2)

static ssize_t plain_read(int fd, void *buffer, size_t length, void *userdata)
{
    (void)userdata;
    return read(fd, buffer, length);
}

/* Is this the answer to INIT, and not an error or something else? Only the first answer of a
 * session can be. */
static struct fuse_init_out *init_answer(const struct iovec *pieces, int count)
{
    if (count != 2 || pieces[0].iov_len != sizeof(struct fuse_out_header)) return NULL;
    const struct fuse_out_header *head = pieces[0].iov_base;
    bool whole = head->error == 0 && pieces[1].iov_len == sizeof(struct fuse_init_out);
    return whole ? pieces[1].iov_base : NULL;
}

static ssize_t patching_writev(int fd, struct iovec *pieces, int count, void *userdata)
{
    struct kx_mount *mount = userdata;
    if (g_atomic_int_compare_and_exchange(&mount->answered, 0, 1)) {
        struct fuse_init_out *init = init_answer(pieces, count);
        if (init) init->flags |= ADDED_FLAGS;
    }
    return writev(fd, pieces, count);
}

int kx_fuse_install_io(struct fuse_session *session)
{
    static const struct fuse_custom_io io = {.writev = patching_writev, .read = plain_read};
    return fuse_session_custom_io(session, &io, fuse_session_fd(session));
}
