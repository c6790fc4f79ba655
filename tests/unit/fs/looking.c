#include "looking.h"

#include <string.h>

#include "fs/names/attr.h"

#define STEP 7 /* names are asked for with steps, so that they are in no order */

void looking_name(int number, char name[8])
{
    g_snprintf(name, 8, "f%02d", number);
}

void looking_put(struct writing *w, int number, const char *content)
{
    g_autofree char *path = g_strdup_printf("/d/f%02d", number);
    fake_files_put(w->client, path, content);
}

void looking_fill(struct writing *w, int64_t told)
{
    w->options.attr_timeout_s = 1;
    for (int i = 0; i < FILES; i++)
        looking_put(w, i, "x");
    const struct kx_status status = {.type = KX_TYPE_DIRECTORY, .file_id = 2, .children = told};
    kx_inode_unref(kx_inodes_adopt(w->mount.inodes, w->root, "d", &status, UINT64_MAX, 1));
}

struct kx_inode *looking_up(struct writing *w, int number)
{
    KX_ERROR_AUTO(err);
    char name[8];
    struct kx_inode *inode = NULL;
    looking_name(number, name);
    if (kx_lookup(&w->mount, w->d, name, NULL, &inode, &err) < 0)
        fail_msg("%s: %s", name, err.message);
    return inode;
}

int looking_order(int i)
{
    return (FILES - i) * STEP % FILES;
}

void looking_at(struct writing *w, int count, struct kx_inode **out)
{
    for (int i = 0; i < count; i++) {
        int number = looking_order(i);
        struct kx_inode *inode = looking_up(w, number);
        if (out)
            out[number] = inode;
        else
            kx_inode_unref(inode);
    }
}

void looking_refresh(struct writing *w, int count, struct kx_inode **inodes)
{
    KX_ERROR_AUTO(err);
    for (int i = 0; i < count; i++)
        if (kx_refresh(&w->mount, inodes[looking_order(i)], NULL, &err) < 0)
            fail_msg("%s", err.message);
}

void looking_end(struct kx_inode **inodes)
{
    for (int i = 0; i < FILES; i++)
        kx_inode_unref(inodes[i]);
}

void looking_check(struct writing *w, unsigned names, unsigned pages)
{
    unsigned stats = 0, lists = 0;
    g_autofree char *requests = fake_files_requests(w->client);
    g_auto(GStrv) lines = g_strsplit(requests, "\n", -1);
    for (char **line = lines; *line; line++) {
        stats += g_str_has_prefix(*line, "STAT ");
        lists += strcmp(*line, "LIST /d -") == 0;
    }
    if (stats != names || lists != pages) fail_msg("not %u and %u:\n%s", names, pages, requests);
}

int64_t looking_length(struct writing *w, struct kx_inode *inode)
{
    struct kx_status status = {0};
    kx_attr_known_status(&w->mount, inode, &status);
    int64_t length = status.length;
    kx_status_clear(&status);
    return length;
}
