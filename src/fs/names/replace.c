#include "fs/names/replace.h"

#include <errno.h>
#include <string.h>

#include "fs/journal/journal.h"
#include "fs/mount.h"
#include "rest/features.h"
#include "rest/webhdfs.h"

char *kx_hidden_mark(const struct kx_mount *mount)
{
    return g_strdup_printf(".knoxfs-%s-", mount->id);
}

char *kx_hidden_name(struct kx_mount *mount, const char *name)
{
    g_autofree char *mark = kx_hidden_mark(mount);
    g_autofree char *tail =
        g_strdup_printf("%s%d", mark, g_atomic_int_add(&mount->hidden_files, 1));
    gsize room = KX_NAME_MAX - 1 - strlen(tail);
    g_autofree char *start = g_strndup(name, room);
    const char *end;
    if (!g_utf8_validate(start, -1, &end)) start[end - start] = '\0'; /* cut inside a letter */
    return g_strconcat(".", start, tail, NULL);
}

static char *hidden_path(struct kx_mount *mount, const char *path)
{
    const char *slash = strrchr(path, '/');
    g_autofree char *directory = g_strndup(path, (gsize)(slash - path));
    g_autofree char *name = kx_hidden_name(mount, slash + 1);
    return g_strconcat(directory, "/", name, NULL);
}

/* What is in the way is a directory: it must be empty, and goes first. */
static int replace_directory(struct kx_mount *mount, const char *from, const char *to,
                             const struct kx_call *call, struct kx_error *err)
{
    int result = kx_webhdfs_delete(mount->client, to, false, call, err);
    if (result < 0 && result != -ENOENT) return result;
    return kx_webhdfs_rename(mount->client, from, to, call, err);
}

static int replace_file(struct kx_mount *mount, const char *from, const char *to,
                        const struct kx_call *call, struct kx_error *err)
{
    g_autofree char *aside = hidden_path(mount, to);
    kx_journal_hide(mount->journal, aside, to);
    int result = kx_webhdfs_rename(mount->client, to, aside, call, err);
    /* Without an answer it may be aside now, the only copy. */
    if (result == -ENOENT || (result < 0 && err->http_status))
        kx_journal_unhide(mount->journal, aside);
    if (result < 0 && result != -ENOENT) return result;
    bool there = result == 0;
    result = kx_webhdfs_rename(mount->client, from, to, call, err);
    KX_ERROR_AUTO(after); /* of the steps that clean up: without the caller's cancel */
    int cleaned = 0;
    if (there && result < 0)
        cleaned = kx_webhdfs_rename(mount->client, aside, to, NULL, &after);
    else if (there)
        cleaned = kx_webhdfs_delete(mount->client, aside, false, NULL, &after);
    if (cleaned < 0) {
        g_autofree char *line = kx_error_format(&after);
        kx_log_write(mount->log, KX_LOG_ERROR, "the old content of %s is at %s: %s", to, aside,
                     line);
    } else if (there) {
        kx_journal_unhide(mount->journal, aside);
    }
    return result;
}

/* Both ends are looked at first: a file does not replace a directory, nor the other way round. */
static int replace_by_steps(struct kx_mount *mount, const char *from, const char *to,
                            const struct kx_call *call, struct kx_error *err)
{
    struct kx_status source = {0}, target = {0};
    int result = kx_webhdfs_stat(mount->client, from, call, &source, err);
    if (result == 0) result = kx_webhdfs_stat(mount->client, to, call, &target, err);
    bool from_directory = source.type == KX_TYPE_DIRECTORY,
         to_directory = target.type == KX_TYPE_DIRECTORY;
    kx_status_clear(&source);
    kx_status_clear(&target);
    if (result < 0) return result;
    if (from_directory && !to_directory)
        return kx_error_set(err, ENOTDIR, "%s is not a directory", to);
    if (!from_directory && to_directory) return kx_error_set(err, EISDIR, "%s is a directory", to);
    return to_directory ? replace_directory(mount, from, to, call, err)
                        : replace_file(mount, from, to, call, err);
}

int kx_replace(struct kx_mount *mount, const char *from, const char *to, const struct kx_call *call,
               struct kx_error *err)
{
    int result = kx_webhdfs_rename_replace(mount->client, from, to, call, err);
    bool steps = result == -EEXIST && kx_feature_get(kx_client_features(mount->client),
                                                     KX_FEATURE_RENAME_OPTIONS) == KX_NO;
    return steps ? replace_by_steps(mount, from, to, call, err) : result;
}
