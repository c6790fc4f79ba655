#include "fs/mountinfo.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#define MOUNTS_MAX 65536 /* lines that are looked at */

/* One line: "36 35 98:0 /mnt1 /mnt2 rw,noatime ...": number, parent, device, root, mount point. */
struct line {
    uint64_t id;
    dev_t device;
    const char *path; /* blanks and the like as \040; not ended by 0 */
    size_t length;
};

static bool parse(const char *text, struct line *out)
{
    unsigned long long id;
    unsigned major_number, minor_number;
    int at = 0;
    if (sscanf(text, "%llu %*u %u:%u %*s %n", &id, &major_number, &minor_number, &at) < 3 || !at)
        return false;
    *out = (struct line){id, makedev(major_number, minor_number), text + at,
                         strcspn(text + at, " \n")};
    return true;
}

static bool is_at(const struct line *line, const char *path)
{
    g_autofree char *escaped = g_strndup(line->path, line->length);
    g_autofree char *plain = g_strcompress(escaped);
    return strcmp(plain, path) == 0;
}

/* @path NULL: the mount of that number. */
static bool find(const char *file, const char *path, uint64_t id, dev_t *out)
{
    FILE *lines = fopen(file, "re");
    if (!lines) return false;
    char *text = NULL;
    size_t room = 0;
    bool found = false;
    struct line line;
    for (int i = 0; i < MOUNTS_MAX && getline(&text, &room, lines) > 0; i++) {
        if (!parse(text, &line) || !(path ? is_at(&line, path) : line.id == id)) continue;
        *out = line.device;
        found = true;
    }
    free(text);
    fclose(lines);
    return found;
}

bool kx_mountinfo_at(const char *path, dev_t *out)
{
    return find("/proc/self/mountinfo", path, 0, out);
}

bool kx_mountinfo_of(pid_t pid, uint64_t id, dev_t *out)
{
    g_autofree char *file = g_strdup_printf("/proc/%d/mountinfo", (int)pid);
    return find(file, NULL, id, out);
}
