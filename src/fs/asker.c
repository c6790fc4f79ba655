#include "fs/asker.h"

#include <fcntl.h>
#include <glib.h>
#include <unistd.h>

#define PROGRAM_MAX 64

char *kx_asker_program(pid_t process)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/comm", (int)process);
    char text[PROGRAM_MAX] = "";
    int file = process > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file >= 0) {
        ssize_t got = read(file, text, sizeof text - 1);
        text[got > 0 ? got : 0] = '\0';
        close(file);
    }
    return g_strescape(g_strchomp(text), NULL);
}
