/* The server itself. */
#include <errno.h>
#include <string.h>

#include "base/bell.h"
#include "fs/errors.h"
#include "fs/mount.h"
#include "fs/tree/oozie_private.h"
#include "fs/tree/shared.h"

static int admin_member(const struct kx_tree_at *at, const char *what, const char *member,
                        GString *out, struct kx_error *err)
{
    struct kx_oozie *oozie = kx_oozie_of(at, err);
    g_autoptr(kx_answer) record = NULL;
    int result = oozie ? kx_oozie_admin(oozie, what, at->call, &record, err) : -ENOENT;
    if (result < 0) return result;
    g_autofree char *text = kx_item_text(kx_answer_root(record), member);
    g_string_append(out, text ? text : "");
    return 0;
}

int kx_oozie_version_text(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    return admin_member(at, "admin/build-version", "buildVersion", out, err);
}

int kx_oozie_status_text(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    return admin_member(at, "admin/status", "systemMode", out, err);
}

int kx_oozie_endpoint_text(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    struct kx_oozie *oozie = kx_oozie_of(at, err);
    if (!oozie) return -ENOENT;
    g_string_append(out, kx_service_base(kx_oozie_service(oozie)));
    return 0;
}

int kx_oozie_servers_text(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    struct kx_oozie *oozie = kx_oozie_of(at, err);
    g_autoptr(kx_answer) record = NULL;
    int result =
        oozie ? kx_oozie_admin(oozie, "admin/available-oozie-servers", at->call, &record, err)
              : -ENOENT;
    if (result == 0) kx_item_each(kx_answer_root(record), kx_shared_add_line, out);
    return result;
}

static int refresh(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    struct kx_oozie *oozie = kx_oozie_of(at, err);
    (void)argument;
    if (!oozie) return -ENOENT;
    kx_oozie_forget(oozie, NULL);
    kx_bell_ring(at->mount->bell);
    return 0;
}

const struct kx_tree_verb kx_oozie_server_verbs[] = {
    {.name = "refresh",
     .help = "forget what is shared of answers: what is read next is asked for",
     .run = refresh},
    {.name = NULL},
};

static void add_error(const struct kx_errors_item *item, void *context)
{
    if (!strstr(item->path, "/.oozie/") || item->code == ENOENT || item->code == EINTR) return;
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(item->at_ms / 1000);
    g_autofree char *stamp = g_date_time_format(at, "%Y-%m-%dT%H:%M:%SZ");
    g_string_append_printf(context, "%s %s\n", stamp, item->line);
}

int kx_oozie_errors_text(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    kx_errors_each(at->mount->errors, add_error, out);
    return 0;
}
