#include "fs/readahead.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int kx_readahead_set(dev_t device, int64_t bytes)
{
    g_autofree char *path =
        g_strdup_printf("/sys/class/bdi/%u:%u/read_ahead_kb", major(device), minor(device));
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT "\n", bytes / 1024);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    int result = write(fd, text, strlen(text)) < 0 ? -errno : 0;
    close(fd);
    return result;
}
