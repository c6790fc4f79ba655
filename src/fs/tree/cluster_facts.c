/* What this mount is, and what is known of its server. */
#include <fcntl.h>
#include <string.h>

#include "fs/errors.h"
#include "fs/mount.h"
#include "fs/opens.h"
#include "fs/services.h"
#include "fs/tree/cluster_private.h"
#include "rest/features.h"
#include "rest/homes.h"

int kx_cluster_version(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)at, (void)err;
    g_string_append(out, KX_VERSION);
    return 0;
}

int kx_cluster_uptime(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    const struct kx_clock *clock = at->mount->clock;
    g_string_append_printf(out, "%" G_GINT64_FORMAT,
                           (clock->now_ms(clock) - at->mount->started_ms) / 1000);
    return 0;
}

int kx_cluster_endpoint(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    g_autofree char *text = kx_redact(kx_client_endpoint(at->mount->client)->given);
    g_string_append(out, text);
    return 0;
}

int kx_cluster_servers(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    kx_homes_tell(kx_client_homes(at->mount->client), out);
    return 0;
}

int kx_cluster_user(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    const char *user = kx_client_user(at->mount->client);
    g_string_append(out, user ? user : "");
    return 0;
}

/* @never: what it is when there is none.  @return owned. */
static char *time_text(int64_t ms, const char *never)
{
    g_autoptr(GDateTime) when = ms ? g_date_time_new_from_unix_utc(ms / 1000) : NULL;
    return when ? g_date_time_format(when, "%Y-%m-%dT%H:%M:%SZ") : g_strdup(never);
}

static void add_row(GString *out, const char *name, const char *value)
{
    g_autofree char *escaped = g_strescape(value ? value : "", NULL);
    g_string_append_printf(out, "%s\t%s\n", name, escaped);
}

/* Never a secret: kx_auth_state has none. */
int kx_cluster_auth(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    struct kx_auth_state state;
    kx_auth_state(kx_client_auth(at->mount->client), &state);
    g_autofree char *expires = time_text(state.expires_ms, "never");
    g_autofree char *ticket = time_text(state.ticket_ms, "none");
    add_row(out, "kind", state.login);
    add_row(out, "user", state.user);
    add_row(out, "source", state.source);
    add_row(out, "expires", expires);
    g_string_append_printf(out, "renewals\t%u\n", state.renewals);
    add_row(out, "principal", state.principal);
    add_row(out, "ticket", ticket);
    add_row(out, "token", state.token ? "delegation" : "none");
    kx_auth_state_clear(&state);
    return 0;
}

/* No server says what it is; what it does gives it away. */
int kx_cluster_backend(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    struct kx_features *features = kx_client_features(at->mount->client);
    enum kx_known renames = kx_feature_get(features, KX_FEATURE_RENAME_OPTIONS);
    enum kx_known redirects = kx_feature_get(features, KX_FEATURE_OPEN_REDIRECTS);
    const char *name = "unknown";
    if (*kx_client_endpoint(at->mount->client)->gateway)
        name = "knox";
    else if (renames == KX_YES || redirects == KX_YES)
        name = "webhdfs";
    else if (renames == KX_NO || redirects == KX_NO)
        name = "httpfs";
    g_string_append(out, name);
    return 0;
}

int kx_cluster_features(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    struct kx_features *features = kx_client_features(at->mount->client);
    for (int i = 0; i < KX_FEATURE_COUNT; i++) {
        const enum kx_feature feature = (enum kx_feature)i;
        g_string_append_printf(out, "%s\t%s\n", kx_feature_name(feature),
                               kx_known_name(kx_feature_get(features, feature)));
    }
    return 0;
}

int kx_cluster_services(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    kx_services_tell(at->mount->services, out);
    return 0;
}

int kx_cluster_config(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    struct kx_mount *mount = at->mount;
    const struct kx_options_now now = {kx_log_get_level(mount->log),
                                       mount->options->read_only ||
                                           g_atomic_int_get(&mount->refuses)};
    g_autofree char *text = kx_options_show(mount->options, &now);
    g_string_append(out, text);
    return 0;
}

static const char *mode_word(int flags)
{
    if (flags & O_DIRECTORY) return "d";
    if ((flags & O_ACCMODE) == O_RDONLY) return "r";
    if ((flags & O_ACCMODE) == O_RDWR) return flags & O_APPEND ? "rwa" : "rw";
    return flags & O_APPEND ? "wa" : "w";
}

static int by_path(gconstpointer a, gconstpointer b)
{
    const struct kx_opens_item *x = *(struct kx_opens_item *const *)a;
    const struct kx_opens_item *y = *(struct kx_opens_item *const *)b;
    int order = g_strcmp0(x->path, y->path);
    return order ? order : (x->pid > y->pid) - (x->pid < y->pid);
}

int kx_cluster_open(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    g_autoptr(GPtrArray) items = kx_opens_list(at->mount->opens);
    g_ptr_array_sort(items, by_path);
    for (guint i = 0; i < items->len; i++) {
        const struct kx_opens_item *item = g_ptr_array_index(items, i);
        g_autofree char *path = g_strescape(item->path ? item->path : "(removed)", NULL);
        g_string_append_printf(out, "%d\t%s\t%s\t%" G_GINT64_FORMAT "\n", (int)item->pid,
                               mode_word(item->flags), path, item->window);
    }
    return 0;
}

static void add_error(const struct kx_errors_item *item, void *context)
{
    if (!kx_errors_shows(item->code)) return;
    kx_errors_format(item, context);
    g_string_append_c(context, '\n');
}

int kx_cluster_errors(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    kx_errors_each(at->mount->errors, add_error, out);
    return 0;
}
