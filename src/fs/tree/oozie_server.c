/* The server itself. */
#include <errno.h>
#include <string.h>

#include "base/bell.h"
#include "fs/errors.h"
#include "fs/mount.h"
#include "fs/notices.h"
#include "fs/submissions.h"
#include "fs/tree/oozie_private.h"
#include "fs/tree/shared.h"

#define POLL_MAX_S 3600

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

int kx_oozie_time_text(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    struct kx_oozie *oozie = kx_oozie_of(at, err);
    int64_t now_ms = 0;
    int result = oozie ? kx_oozie_clock(oozie, at->call, &now_ms, err) : -ENOENT;
    if (result == 0) kx_shared_add_time(now_ms, out);
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

static int set_poll(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    guint64 seconds = 0;
    if (argument && !g_ascii_string_to_unsigned(argument, 10, 1, POLL_MAX_S, &seconds, NULL))
        return kx_error_set(err, EINVAL, "poll %s: 1 to %d seconds are expected", argument,
                            POLL_MAX_S);
    g_atomic_int_set(&at->mount->poll_s, (gint)seconds);
    kx_bell_ring(at->mount->bell); /* who waits for longer already asks now, and then as told */
    return 0;
}

static int set_callback(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    struct kx_mount *mount = at->mount;
    bool on = strcmp(argument, "on") == 0;
    if (!on && strcmp(argument, "off") != 0)
        return kx_error_set(err, EINVAL, "callback %s: on or off is expected", argument);
    if (!mount->notices && on)
        return kx_error_set(err, EBUSY, "nobody listens: mount with -o callback=URL");
    if (!mount->notices) return 0;
    kx_notices_switch(mount->notices, on);
    kx_submissions_call_back(mount->submissions, kx_notices_url(mount->notices));
    kx_bell_ring(mount->bell);
    return 0;
}

const struct kx_tree_verb kx_oozie_server_verbs[] = {
    {.name = "refresh",
     .help = "forget what is shared of answers: what is read next is asked for",
     .run = refresh},
    {.name = "poll",
     .argument = "[SECONDS]",
     .help = "how often wait, events and .running ask about jobs; without a number as usual",
     .run = set_poll},
    {.name = "callback",
     .argument = "on|off",
     .help = "whether Oozie is told to call at changes of jobs, and is listened to",
     .run = set_callback},
    {.name = NULL},
};

static void add_error(const struct kx_errors_item *item, void *context)
{
    bool gone = item->code == ENOENT && !strstr(item->line, "(" KX_OOZIE_PURGED ")");
    if (!strstr(item->path, "/.oozie/") || gone || item->code == EINTR) return;
    kx_errors_format(item, context);
    g_string_append_c(context, '\n');
}

int kx_oozie_errors_text(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    kx_errors_each(at->mount->errors, add_error, out);
    return 0;
}
