#include "fs/mount.h"

#include <errno.h>
#include <pwd.h>
#include <unistd.h>

#include "base/bell.h"
#include "conf/login.h"
#include "fs/audit.h"
#include "fs/data/ahead.h"
#include "fs/data/reads.h"
#include "fs/data/recovery.h"
#include "fs/data/space.h"
#include "fs/data/uploader.h"
#include "fs/data/writer.h"
#include "fs/errors.h"
#include "fs/exchanges.h"
#include "fs/journal/journal.h"
#include "fs/names/identity.h"
#include "fs/names/inode.h"
#include "fs/names/pages.h"
#include "fs/notices.h"
#include "fs/opens.h"
#include "fs/previews.h"
#include "fs/running.h"
#include "fs/services.h"
#include "fs/submissions.h"
#include "fs/tree/cluster_mount.h"
#include "fs/tree/hdfs_rows.h"
#include "fs/tree/oozie_rows.h"
#include "fs/tree/tree.h"
#include "fs/tree/yarn_rows.h"
#include "rest/homes.h"
#include "rest/inodes.h"
#include "rest/redirect.h"
#include "rest/webhdfs.h"

#define BLOCKS_KEPT 160 /* 20 MiB of free blocks at most wait for their next use */
#define WINDOW_BYTES                                                                               \
    ((size_t)2 * 1024 * 1024) /* of each stream: two of the kernel's largest writes */
#define MOUNT_TRIES    2
#define LOG_LINES_KEPT 1000
#define LOG_BYTES_KEPT ((size_t)256 * 1024)

static char *who_runs(void)
{
    const struct passwd *entry = getpwuid(geteuid());
    return entry ? g_strdup(entry->pw_name) : NULL;
}

static int make_client(struct kx_mount *mount, const struct kx_endpoint *endpoint,
                       struct kx_error *err)
{
    const struct kx_options *options = mount->options;
    const struct kx_http_settings settings = kx_login_settings(options);
    const struct kx_client_config config = {.endpoint = endpoint,
                                            .auth = mount->auth,
                                            .settings = &settings,
                                            .clock = mount->clock,
                                            .log = mount->log,
                                            .pool = mount->pool,
                                            .stats = &mount->stats,
                                            .budget = mount->budget,
                                            .timeout_ms = (int)options->timeout_ms,
                                            .stall_ms = (int)options->data_timeout_ms,
                                            .connect_timeout_ms = (int)options->connect_timeout_ms,
                                            .hedge = options->hedge,
                                            .window_bytes = WINDOW_BYTES};
    int result = kx_client_new(&config, &mount->client, err);
    if (result == 0) kx_exchanges_attach(mount->exchanges, kx_client_http(mount->client));
    return result;
}

/* An answer, but not of the service that was asked for; a login that is wanted is one of it. */
static bool not_webhdfs(const struct kx_error *err)
{
    return err->http_status && !err->exception && err->code != EACCES && err->http_status < 500;
}

/* Put into words what went wrong with the very first request. */
static void explain(struct kx_error *err, const struct kx_endpoint *endpoint)
{
    if (err->code == ENOENT && err->exception)
        kx_error_prefix(err, "there is no %s on %s", endpoint->root, endpoint->origin);
    else if (not_webhdfs(err) && *endpoint->gateway)
        kx_error_prefix(err, "%s%s has no WebHDFS (is it the name of a topology?)",
                        endpoint->origin, endpoint->gateway);
    else if (not_webhdfs(err))
        kx_error_prefix(err,
                        "%s does not speak WebHDFS (is it the NameNode's HTTP port, usually 9870?)",
                        endpoint->origin);
    else
        kx_error_prefix(err, "cannot mount %s", endpoint->given);
    g_clear_pointer(&err->path, g_free); /* the words name it, by its address */
}

static int check_map(const char *map, struct kx_error *err)
{
    int result = kx_redirect_map_check(map, err);
    if (result < 0) kx_error_prefix(err, "-o datanode_map");
    return result;
}

static int make_login(struct kx_mount *mount, const struct kx_endpoint *endpoint,
                      const struct kx_secret *typed, struct kx_error *err)
{
    g_autofree char *runner = who_runs();
    g_autofree char *warning = kx_login_warning(mount->options, endpoint);
    const struct kx_login_config config = {.options = mount->options,
                                           .endpoint = endpoint,
                                           .typed = typed,
                                           .runner = runner,
                                           .clock = mount->clock,
                                           .log = mount->log};
    if (warning) kx_log_write(mount->log, KX_LOG_WARNING, "%s", warning);
    return kx_login_new(&config, &mount->auth, err);
}

static int find_root(struct kx_mount *mount, struct kx_error *err)
{
    const struct kx_endpoint *endpoint = kx_client_endpoint(mount->client);
    const struct kx_call call = {.attempts = MOUNT_TRIES};
    struct kx_status root = {0};
    int result = kx_webhdfs_stat(mount->client, endpoint->root, &call, &root, err);
    if (result < 0)
        ; /* explained when there is no other reading of the URL */
    else if (root.type != KX_TYPE_DIRECTORY)
        result = kx_error_set(err, ENOTDIR, "%s on %s is not a directory", endpoint->root,
                              endpoint->origin);
    else
        mount->inodes = kx_inodes_new(endpoint->root, &root, mount->clock->now_ms(mount->clock));
    kx_status_clear(&root);
    return result;
}

/* A directory that was given with a profile's name takes the place of the one in its URL. */
static void set_root(const struct kx_options *options, struct kx_endpoint *endpoint)
{
    if (options->root) kx_endpoint_set_root(endpoint, options->root);
}

/* A client of the endpoint, and its root.  When what the URL most likely means is not there, the
 * other meaning is asked for (a gateway of another name, a folder called "gateway"). */
static int connect_to(struct kx_mount *mount, const struct kx_endpoint *endpoint,
                      struct kx_error *err)
{
    int result = make_client(mount, endpoint, err);
    if (result == 0) result = find_root(mount, err);
    if (result == 0 || !mount->client || !not_webhdfs(err)) {
        if (result < 0 && mount->client && result != -ENOTDIR) explain(err, endpoint);
        return result;
    }
    struct kx_endpoint other = {0};
    explain(err, endpoint);
    if (!kx_endpoint_other(endpoint, &other)) return result;
    set_root(mount->options, &other);
    KX_ERROR_AUTO(ignored);
    kx_exchanges_attach(mount->exchanges, NULL);
    kx_client_free(g_steal_pointer(&mount->client));
    int second = make_client(mount, &other, &ignored);
    if (second == 0) second = find_root(mount, &ignored);
    kx_endpoint_clear(&other);
    return second == 0 ? 0 : result;
}

/* What a mount leaves behind is for the next one of the same files by the same user. */
static int open_journal(struct kx_mount *mount, struct kx_error *err)
{
    const struct kx_endpoint *endpoint = kx_client_endpoint(mount->client);
    const char *user = kx_client_user(mount->client);
    if (mount->options->read_only) return 0;
    g_autofree char *origins = kx_homes_name(kx_client_homes(mount->client));
    g_autofree char *service = g_strdup_printf("%s%s%s as %s", origins, endpoint->gateway,
                                               endpoint->root, user ? user : "nobody");
    const struct kx_journal_config config = {.folder = mount->options->stage_dir,
                                             .service = service,
                                             .mount = mount->id,
                                             .log = mount->log,
                                             .now_ms = mount->clock->wall_ms(mount->clock)};
    int result = kx_journal_open(&config, &mount->journal, err);
    if (result == 0) mount->uploader = kx_uploader_new(mount);
    return result;
}

static void keep_log_line(void *context, enum kx_log_level level, const char *line)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *stamp = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S.%f");
    g_autofree char *whole =
        g_strdup_printf("%.23sZ %s: %s", stamp, kx_log_level_name(level), line);
    kx_lines_add(context, whole);
}

/* "TIME<tab>server<tab>words". */
static void keep_event(void *context, const char *what, const char *line)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *stamp = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S.%f");
    g_autofree char *whole = g_strdup_printf("%.23sZ\t%s\t%s", stamp, what, line);
    kx_lines_add(context, whole);
}

/* The last lines of the log and of what happens stay at hand. */
static void keep_lines(struct kx_mount *mount)
{
    mount->log_lines = kx_lines_new(LOG_LINES_KEPT, LOG_BYTES_KEPT);
    mount->events = kx_lines_new(LOG_LINES_KEPT, LOG_BYTES_KEPT);
    kx_log_tap(mount->log, keep_log_line, mount->log_lines);
    kx_log_tap_events(mount->log, keep_event, mount->events);
}

/* Oozie may tell of its jobs by itself. */
static int listen_to_oozie(struct kx_mount *mount, struct kx_error *err)
{
    const struct kx_notices_config config = {.url = mount->options->callback,
                                             .oozie = kx_services_oozie(mount->services),
                                             .bell = mount->bell,
                                             .stats = &mount->stats,
                                             .log = mount->log};
    if (!config.url || !config.oozie) return 0;
    int result = kx_notices_new(&config, &mount->notices, err);
    if (result == 0) kx_submissions_call_back(mount->submissions, kx_notices_url(mount->notices));
    return result;
}

static int make_tree(struct kx_mount *mount, struct kx_error *err)
{
    const struct kx_options *options = mount->options;
    if (options->no_virtual) return 0;
    int result = kx_services_new(options, mount->client, &mount->services, err);
    if (result < 0) return result;
    mount->submissions = kx_submissions_new(mount->client, mount->services);
    mount->previews = kx_previews_new();
    mount->bell = kx_bell_new();
    result = listen_to_oozie(mount, err);
    if (result < 0) return result;
    mount->running = kx_running_new(mount);
    const struct kx_tree_config config = {
        .mount = mount,
        .clock = mount->clock,
        .owner = options->uid >= 0 ? (uid_t)options->uid : geteuid(),
        .group = options->gid >= 0 ? (gid_t)options->gid : getegid(),
        .vroot = options->vroot,
        .hidden = options->hide_virtual};
    const struct kx_tree_rows trees[] = {
        kx_cluster_mount_rows(), kx_hdfs_rows(),        kx_yarn_rows(),        kx_yarn_app_rows(),
        kx_oozie_rows(),         kx_oozie_timed_rows(), kx_oozie_submit_rows()};
    return kx_tree_new(&config, trees, G_N_ELEMENTS(trees), &mount->tree, err);
}

/* The files that it writes beside the log. */
static int open_files(struct kx_mount *mount, struct kx_error *err)
{
    const char *record = mount->options->record_file;
    mount->exchanges = kx_exchanges_new(mount->log);
    int result = record ? kx_exchanges_to(mount->exchanges, record, 0, err) : 0;
    if (result < 0) {
        kx_error_prefix(err, "-o record");
        return result;
    }
    const struct kx_audit_config config = {
        .clock = mount->clock, .log = mount->log, .file = mount->options->audit_file};
    return kx_audit_new(&config, &mount->audit, err);
}

int kx_mount_new(const struct kx_options *options, const struct kx_secret *typed,
                 struct kx_log *log, struct kx_mount **out, struct kx_error *err)
{
    struct kx_endpoint endpoint;
    int result = kx_endpoint_parse(options->service, &endpoint, err);
    if (result < 0) return result;
    set_root(options, &endpoint);
    g_autoptr(kx_mount) mount = g_new0(struct kx_mount, 1);
    mount->options = options;
    mount->clock = kx_clock_system();
    mount->log = log;
    mount->pool = kx_pool_new(BLOCKS_KEPT);
    mount->budget = kx_budget_new(options->mem_bytes);
    mount->identity = kx_identity_new(options->uid, options->gid);
    mount->started_ms = mount->clock->now_ms(mount->clock);
    keep_lines(mount);
    mount->errors = kx_errors_new(log, mount->clock);
    mount->space = kx_space_new();
    mount->pages = kx_pages_new();
    mount->writers = kx_writers_new();
    mount->opens = kx_opens_new();
    mount->ending = kx_cancel_new();
    mount->room.max_bytes = options->stage_max_bytes;
    mount->id = g_strdup_printf("%08x%04x", g_random_int(), g_random_int() & 0xffff);
    for (struct kx_endpoint *at = &endpoint; at; at = at->next)
        at->datanode_map = g_strdup(options->datanode_map);
    result = open_files(mount, err);
    if (result == 0 && endpoint.datanode_map) result = check_map(endpoint.datanode_map, err);
    if (result == 0) result = make_login(mount, &endpoint, typed, err);
    if (result == 0) result = connect_to(mount, &endpoint, err);
    kx_endpoint_clear(&endpoint);
    if (result < 0) return result;
    kx_inodes_learn(mount->client);
    mount->reads = kx_reads_new(mount->client, mount->budget, &mount->stats);
    kx_reads_set_streams(mount->reads, (unsigned)mount->options->streams);
    result = open_journal(mount, err);
    if (result == 0) result = make_tree(mount, err);
    if (result < 0) return result;
    kx_log_event(log, KX_LOG_DEBUG, "mount", "%s is mounted", options->endpoint);
    mount->recovery = kx_recovery_start(mount);
    mount->ahead = kx_ahead_new(mount);
    *out = g_steal_pointer(&mount);
    return 0;
}

int kx_mount_may_change(struct kx_mount *mount, struct kx_error *err)
{
    if (!g_atomic_int_get(&mount->refuses)) return 0;
    return kx_error_set(err, EROFS,
                        "changes are refused since \"readonly on\"; \"readonly off\", written to "
                        ".cluster/mount/ctl, allows them");
}

/* Fires after the time that the end of a mount has, unless it is over before. */
struct alarm {
    struct kx_cancel *over, *ending;
    int64_t ms;
};

static gpointer ring(gpointer data)
{
    const struct alarm *alarm = data;
    if (kx_cancel_sleep(alarm->over, alarm->ms) == 0) kx_cancel_fire(alarm->ending);
    return NULL;
}

unsigned kx_mount_finish(struct kx_mount *mount)
{
    g_autoptr(kx_cancel) over = kx_cancel_new();
    struct alarm alarm = {over, mount->ending, mount->options->unmount_timeout_ms};
    GThread *thread = g_thread_new("end", ring, &alarm);
    const struct kx_call call = {.cancel = mount->ending};
    gint before = g_atomic_int_get(&mount->failed_closes);
    g_clear_pointer(&mount->ahead, kx_ahead_free);
    g_clear_pointer(&mount->running, kx_running_free);
    kx_opens_release_all(mount->opens);
    unsigned lost = (unsigned)(g_atomic_int_get(&mount->failed_closes) - before);
    lost += mount->uploader ? kx_uploader_finish(mount->uploader, mount->ending) : 0;
    lost += kx_writers_publish_last(mount->writers, &call);
    kx_cancel_fire(over);
    g_thread_join(thread);
    return lost;
}

void kx_mount_free(struct kx_mount *mount)
{
    if (!mount) return;
    kx_ahead_free(mount->ahead);
    kx_recovery_free(mount->recovery);
    kx_uploader_free(mount->uploader);
    kx_opens_free(mount->opens);
    kx_running_free(mount->running);
    kx_tree_free(mount->tree);
    kx_notices_free(mount->notices);
    kx_bell_free(mount->bell);
    kx_submissions_free(mount->submissions);
    kx_previews_free(mount->previews);
    kx_services_free(mount->services);
    kx_log_tap(mount->log, NULL, NULL);
    kx_log_tap_events(mount->log, NULL, NULL);
    kx_lines_free(mount->events);
    kx_lines_free(mount->log_lines);
    kx_audit_free(mount->audit);
    kx_writers_free(mount->writers);
    kx_inodes_free(mount->inodes);
    kx_reads_free(mount->reads);
    kx_client_free(mount->client);
    kx_exchanges_free(mount->exchanges);
    kx_auth_free(mount->auth);
    kx_space_free(mount->space);
    kx_pages_free(mount->pages);
    kx_errors_free(mount->errors);
    kx_identity_free(mount->identity);
    kx_pool_free(mount->pool);
    kx_budget_free(mount->budget);
    kx_journal_close(mount->journal);
    kx_cancel_unref(mount->ending);
    g_free(mount->id);
    g_free(mount);
}
