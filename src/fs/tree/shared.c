#include "fs/tree/shared.h"

#include <string.h>

#include "fs/errors.h"
#include "fs/mount.h"
#include "rest/url.h"

bool kx_shared_is_name(const char *text)
{
    return text && *text && !strchr(text, '/') && strcmp(text, ".") != 0 &&
           strcmp(text, "..") != 0 && strlen(text) <= KX_NAME_MAX;
}

void kx_shared_add_time(int64_t ms, GString *out)
{
    g_autoptr(GDateTime) at = ms > 0 ? g_date_time_new_from_unix_utc(ms / 1000) : NULL;
    g_autofree char *stamp = at ? g_date_time_format(at, "%Y-%m-%dT%H:%M:%SZ") : NULL;
    g_string_append(out, stamp ? stamp : "");
}

void kx_shared_add_line(const char *name, const char *value, void *context)
{
    g_autofree char *line = g_strdup(value);
    g_strdelimit(line, "\r\n\t", ' ');
    g_string_append_printf(context, "%s\t%s\n", name, line);
}

void kx_shared_add_label(const char *text, GString *out)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') g_string_append_c(out, '\\');
        g_string_append_c(out, *text == '\n' ? ' ' : *text);
    }
}

/* Kept under the path that the user sees. */
int kx_shared_error(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    const char *vroot = at->mount->options->vroot;
    g_autofree char *directory = g_path_get_dirname(at->path);
    g_autofree char *ctl =
        g_strconcat(vroot ? "/" : "", vroot ? vroot : "", directory, "/ctl", NULL);
    g_autofree char *line = kx_errors_last(at->mount->errors, ctl);
    g_string_append(out, line ? line : "");
    return 0;
}

int kx_shared_view_target(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    int slashes = 0;
    for (const char *c = at->path; *c; c++)
        slashes += *c == '/';
    for (int i = 3; i < slashes; i++) /* three: of "/.oozie/jobs/ID" */
        g_string_append(out, "../");
    g_string_append(out, strrchr(at->path, '/') + 1);
    return 0;
}
