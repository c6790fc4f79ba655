#include "fs/audit.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM_MAX 64

/* @return owned: what the kernel calls the program; "" when it has ended. */
static char *program_of(pid_t process)
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

void kx_audit_add(struct kx_lines *lines, const struct kx_clock *clock,
                  const struct kx_audit_entry *entry)
{
    int64_t now = clock->wall_ms(clock);
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(now / 1000);
    g_autofree char *stamp = g_date_time_format(at, "%Y-%m-%dT%H:%M:%S");
    g_autofree char *program = program_of(entry->process);
    g_autofree char *path = g_strescape(entry->path ? entry->path : "(removed)", NULL);
    g_autofree char *to = g_strescape(entry->to ? entry->to : "", NULL);
    const char *result = entry->result < 0 ? strerrorname_np(-entry->result) : "ok";
    g_autofree char *line = g_strdup_printf(
        "%s.%03dZ\t%u\t%d\t%s\t%s\t%s\t%s\t%s", stamp, (int)(now % 1000), (unsigned)entry->user,
        (int)entry->process, program, entry->what, path, to, result ? result : "?");
    kx_lines_add(lines, line);
}
