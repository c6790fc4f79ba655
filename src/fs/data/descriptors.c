#include "fs/data/descriptors.h"

#include <dirent.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "fs/mountinfo.h"

#define FDINFO_BYTES_MAX 512  /* the lines looked for come first */
#define DESCRIPTORS_MAX  4096 /* looked at, in one process */

/* The number behind "name:\t" in the text of an fdinfo file; base 8 for "flags", 10 for the others.
 */
static bool field(const char *text, const char *name, int base, uint64_t *out)
{
    const char *at = g_strstr_len(text, -1, name);
    if (!at) return false;
    *out = g_ascii_strtoull(at + strlen(name), NULL, (guint)base);
    return true;
}

/* Inode numbers are those of the cluster: another mount, and any other file system, may have the
 * same. */
static bool is_of_mount(pid_t pid, const char *text, dev_t device)
{
    uint64_t mount = 0;
    dev_t its_device = 0;
    if (!device || !field(text, "mnt_id:\t", 10, &mount)) return true;
    return kx_mountinfo_of(pid, mount, &its_device) && its_device == device;
}

static bool is_open_for_writing(pid_t pid, const char *descriptor, dev_t device, uint64_t ino)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/fdinfo/%s", (int)pid, descriptor);
    FILE *file = fopen(path, "re");
    if (!file) return false;
    char text[FDINFO_BYTES_MAX];
    size_t n = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[n] = '\0';
    uint64_t its_ino = 0, flags = 0;
    return field(text, "ino:\t", 10, &its_ino) && its_ino == ino &&
           field(text, "flags:\t", 8, &flags) && (flags & O_ACCMODE) != O_RDONLY &&
           is_of_mount(pid, text, device);
}

bool kx_descriptors_left(pid_t pid, dev_t device, uint64_t ino)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/fdinfo", (int)pid);
    DIR *folder = opendir(path);
    if (!folder) return false;
    bool found = false;
    const struct dirent *entry;
    for (int i = 0; !found && i < DESCRIPTORS_MAX && (entry = readdir(folder)); i++)
        if (g_ascii_isdigit(entry->d_name[0]))
            found = is_open_for_writing(pid, entry->d_name, device, ino);
    closedir(folder);
    return found;
}
