/* Runs a target on files: the corpus in the normal build, and one finding for a debugger.
 *     replay FILE-OR-FOLDER... */
#include <stdio.h>

#include "fuzz.h"

static unsigned replay_file(const char *path)
{
    g_autofree char *bytes = NULL;
    gsize length;
    if (!g_file_get_contents(path, &bytes, &length, NULL)) return 0;
    g_autofree uint8_t *exact = g_memdup2(bytes, length ? length : 1);
    LLVMFuzzerTestOneInput(exact, length);
    return 1;
}

static unsigned replay(const char *path)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    unsigned count = folder ? 0 : replay_file(path);
    for (const char *name; folder && (name = g_dir_read_name(folder));) {
        g_autofree char *inside = g_build_filename(path, name, NULL);
        count += replay_file(inside);
    }
    return count;
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    for (int i = 1; i < argc; i++)
        count += replay(argv[i]);
    printf("%u inputs\n", count);
    return count ? 0 : 1;
}
