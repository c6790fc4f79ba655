/* From a connection to a file's bytes: login, WebHDFS, a redirect, a byte there and back. */
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "conf/login.h"
#include "rest/download.h"
#include "rest/errno_map.h"
#include "rest/json_answer.h"
#include "rest/near.h"
#include "rest/redirect.h"
#include "rest/service.h"
#include "rest/upload.h"
#include "rest/webhdfs.h"
#include "tools/knoxctl/doctor.h"

#define BYTE       "x"
#define ANSWER_MAX ((size_t)64 * 1024)

static const struct kx_call ONCE = {.attempts = 1};

static int make_client(struct kx_doctor *d, struct kx_error *err)
{
    const struct passwd *entry = getpwuid(geteuid());
    const struct kx_login_config login = {.options = d->options,
                                          .endpoint = &d->endpoint,
                                          .typed = d->typed,
                                          .runner = entry ? entry->pw_name : NULL,
                                          .clock = d->clock,
                                          .log = d->log};
    int result = kx_login_new(&login, &d->auth, err);
    if (result < 0) return result;
    const struct kx_client_config config = {.endpoint = &d->endpoint,
                                            .auth = d->auth,
                                            .settings = &d->settings,
                                            .clock = d->clock,
                                            .log = d->log,
                                            .pool = d->pool,
                                            .timeout_ms = (int)d->options->timeout_ms,
                                            .stall_ms = (int)d->options->data_timeout_ms,
                                            .connect_timeout_ms =
                                                (int)d->options->connect_timeout_ms,
                                            .attempts = 2};
    return kx_client_new(&config, &d->client, err);
}

static void add_login_remedy(struct kx_doctor *d, const struct kx_error *err)
{
    const char *way = err->message ? kx_doctor_way(err->message) : NULL;
    if (way)
        g_string_append(d->remedy, way);
    else if (!d->auth)
        g_string_append(d->remedy, "mend what the message names");
    else if (kx_auth_has_tickets(d->auth))
        g_string_append(d->remedy,
                        "this server wants a Kerberos ticket: kinit (klist shows what there is), "
                        "or keytab = FILE and principal = NAME in the profile");
    else if (kx_auth_is_simple(d->auth))
        g_string_append(d->remedy, "this server wants a login: auth_file = FILE (mode 0600, one "
                                   "line USER:PASSWORD) or token_file = FILE in the profile");
    else if (err->http_status)
        g_string_append(d->remedy,
                        "is it right, not expired, and of the kind that this address wants? A "
                        "topology of Knox takes passwords or tokens, not both");
    else
        g_string_append(d->remedy, "mend what the message names");
}

static void say_login(struct kx_doctor *d)
{
    struct kx_auth_state state;
    kx_auth_state(d->auth, &state);
    g_string_append_printf(d->said, "%s as %s", state.login, state.user ? state.user : "nobody");
    if (!kx_auth_is_simple(d->auth)) g_string_append_printf(d->said, ", from %s", state.source);
    if (state.principal) g_string_append_printf(d->said, " (%s)", state.principal);
    if (state.token) g_string_append(d->said, ", with a delegation token");
    if (state.expires_ms) {
        g_autoptr(GDateTime) when = g_date_time_new_from_unix_utc(state.expires_ms / 1000);
        g_autofree char *text = when ? g_date_time_format_iso8601(when) : NULL;
        if (text) g_string_append_printf(d->said, ", expires %s", text);
    }
    if (kx_auth_is_simple(d->auth)) g_string_append(d->said, " (the server believes it)");
    kx_auth_state_clear(&state);
}

/* A 401 is the login's; every other answer belongs to a later step. */
enum kx_step_result kx_step_login(struct kx_doctor *d)
{
    KX_ERROR_AUTO(err);
    struct kx_status root = {0};
    g_autofree char *warning = kx_login_warning(d->options, &d->endpoint);
    int result = make_client(d, &err);
    if (result == 0) {
        d->asked = kx_webhdfs_stat(d->client, "/", &ONCE, &root, &d->asked_error);
        long status = d->asked_error.http_status;
        bool refused = status == 401 || status == 407 || (!status && d->asked == -EACCES);
        kx_status_clear(&root);
        if (d->asked < 0 && refused) {
            kx_error_copy(&err, &d->asked_error);
            result = d->asked;
        }
    }
    if (result < 0) {
        add_login_remedy(d, &err);
        return kx_step_failed(d, &err);
    }
    say_login(d);
    if (warning) g_string_append_printf(d->said, "; WARNING: %s", warning);
    if (d->asked == 0 || d->asked_error.http_status) return KX_STEP_OK;
    g_string_append(d->said, "; the server says nothing to it");
    return KX_STEP_NOTHING;
}

static const char *kind_of(const struct kx_doctor *d)
{
    return *d->endpoint.gateway ? "WebHDFS behind a gateway" : "WebHDFS";
}

static bool is_silent(const struct kx_doctor *d)
{
    return d->asked == -ETIMEDOUT && !d->asked_error.http_status;
}

static void add_service_remedy(struct kx_doctor *d, const struct kx_error *err)
{
    bool gateway = *d->endpoint.gateway;
    const char *way = err->message ? kx_doctor_way(err->message) : NULL;
    if (way)
        g_string_append(d->remedy, way);
    else if (is_silent(d))
        g_string_append(d->remedy, "it takes the connection and does not answer: it hangs or is "
                                   "overloaded (its log), or this is no port of HTTP");
    else if (err->message && strstr(err->message, "Hadoop IPC port"))
        g_string_append(d->remedy, "that is the port of Hadoop's RPC; WebHDFS is at the HTTP port "
                                   "(usually 9870)");
    else if (gateway && err->http_status == 404)
        g_string_append(d->remedy, "is the name of the topology right, and has it WebHDFS?");
    else if (gateway && err->http_status >= 500)
        g_string_append(d->remedy, "the gateway does not reach its NameNode: its administrator's");
    else if (kx_doctor_by_proxy(d) && err->http_status)
        g_string_append(d->remedy, "is that the proxy's answer? Its administrator knows whether it "
                                   "leads there; no_proxy = HOST, where there is a way without it");
    else
        g_string_append(d->remedy, "is it the HTTP port of a NameNode (9870, with TLS 9871), of an "
                                   "HttpFS (14000), or /gateway/TOPOLOGY of a Knox?");
}

enum kx_step_result kx_step_service(struct kx_doctor *d)
{
    KX_ERROR_AUTO(err);
    struct kx_status root = {0};
    int result = d->asked;
    if (is_silent(d))
        kx_error_copy(&err, &d->asked_error); /* one time that passes in vain is enough */
    else
        result = kx_webhdfs_stat(d->client, "/", NULL, &root, &err);
    kx_status_clear(&root);
    d->standby = d->several && result < 0 && g_strcmp0(err.exception, "StandbyException") == 0;
    if (d->standby) {
        g_string_append(d->said, "WebHDFS, the standby of a pair: it waits until it is needed");
        return KX_STEP_NOTHING;
    }
    if (result < 0 && !err.exception) {
        add_service_remedy(d, &err);
        return kx_step_failed(d, &err);
    }
    if (result < 0 && kx_exception_is_transient(err.exception, err.http_status)) {
        g_string_append(d->remedy, "it is starting, or the standby of a pair: name both, or wait");
        return kx_step_failed(d, &err);
    }
    g_string_append(d->said, kind_of(d)); /* a refusal of "/" is an answer, too */
    return KX_STEP_OK;
}

/* Where a byte is written: what was asked for, or the first that there is. */
static int find_folder(struct kx_doctor *d, struct kx_error *err)
{
    KX_ERROR_AUTO(ignored);
    g_autofree char *home = NULL;
    struct kx_status status = {0};
    if (d->wanted) return kx_path_tidy(d->wanted, &d->folder, err);
    if (strcmp(d->endpoint.root, "/") != 0) {
        d->folder = g_strdup(d->endpoint.root);
        return 0;
    }
    kx_webhdfs_home(d->client, &ONCE, &home, &ignored);
    int result = home ? kx_webhdfs_stat(d->client, home, &ONCE, &status, &ignored) : -ENOENT;
    kx_status_clear(&status);
    d->folder = result == 0 ? g_steal_pointer(&home) : g_strdup("/tmp");
    return 0;
}

/* A file that can be read where nothing may be written. */
static void find_file(struct kx_doctor *d)
{
    struct kx_page page = {0};
    g_autofree char *name = NULL;
    if (kx_webhdfs_list(d->client, d->folder, NULL, &ONCE, &page, NULL) < 0) return;
    for (guint i = 0; !name && i < page.entries->len; i++) {
        const struct kx_status *entry = &g_array_index(page.entries, struct kx_status, i);
        if (entry->type == KX_TYPE_FILE && entry->length > 0) name = g_strdup(entry->name);
    }
    kx_page_clear(&page);
    if (name) d->file = kx_path_join(d->folder, name);
}

enum kx_step_result kx_step_folder(struct kx_doctor *d)
{
    KX_ERROR_AUTO(err);
    struct kx_status status = {0};
    int result = kx_webhdfs_stat(d->client, d->endpoint.root, NULL, &status, &err);
    bool folder = status.type == KX_TYPE_DIRECTORY;
    kx_status_clear(&status);
    if (result == 0 && !folder)
        result = kx_error_set(&err, ENOTDIR, "%s is not a directory", d->endpoint.root);
    if (result < 0) {
        g_string_append(d->remedy, "the address ends with the directory that becomes the mount's "
                                   "root: name one that you may look at");
        return kx_step_failed(d, &err);
    }
    result = find_folder(d, &err);
    if (result < 0) return kx_step_failed(d, &err);
    g_string_append_printf(d->said, "%s is there", d->endpoint.root);
    if (!d->change) find_file(d);
    return KX_STEP_OK;
}

/* Where would the bytes of a file go or come from?  @out owned: the Location, as the server says
 * it. */
static int ask_where(struct kx_doctor *d, const char *path, char **out, struct kx_error *err)
{
    const struct kx_service_config config = {
        .name = "WebHDFS", .base = d->endpoint.base, .client = d->client, .hdfs = true};
    g_autoptr(kx_service) service = kx_service_new(&config);
    GString *encoded = g_string_new(NULL);
    kx_url_append_path(encoded, path);
    struct kx_service_ask ask = {.method = d->change ? "PUT" : "GET",
                                 .path = encoded->str,
                                 .params = d->change ? "&op=CREATE&noredirect=true"
                                                     : "&op=OPEN&noredirect=true",
                                 .call = &ONCE,
                                 .cap = ANSWER_MAX};
    g_autoptr(GBytes) body = NULL;
    g_autoptr(kx_answer) answer = NULL;
    int result = kx_service_run(service, &ask, &body, err);
    g_string_free(encoded, TRUE);
    if (result == 0) result = kx_answer_parse(body, &answer, err);
    if (result == 0) *out = kx_item_text(kx_answer_root(answer), "Location");
    return result;
}

/* "host:port" of a URL. */
static char *place_of(const char *url)
{
    struct kx_url_parts parts = {.port = -1};
    if (!kx_url_split(url, true, &parts)) return g_strdup("?");
    GString *origin = g_string_new(NULL);
    kx_url_append_origin(origin, "", parts.host ? parts.host : "?", parts.port);
    char *place = g_strdup(origin->str + strlen("://"));
    kx_url_parts_clear(&parts);
    g_string_free(origin, TRUE);
    return place;
}

/* @place "host:port", or NULL.  @return owned; NULL: there is none. */
static char *host_of(const char *place)
{
    struct kx_url_parts parts = {.port = -1};
    g_autofree char *url = g_strconcat("http://", place, NULL);
    char *host = NULL;
    if (place && kx_url_split(url, true, &parts)) host = g_steal_pointer(&parts.host);
    kx_url_parts_clear(&parts);
    return host;
}

static void add_redirect_remedy(struct kx_doctor *d)
{
    g_autofree char *host = host_of(d->named);
    if (host && kx_near_of(host) != KX_NEAR_NOT) {
        g_autofree char *same = kx_redirect_map_same(host);
        g_string_append_printf(d->remedy,
                               "the DataNode has a name that is only true on its own machine: give "
                               "it another one (dfs.datanode.hostname), or add to the profile "
                               "datanode_map = %s=HOST:PORT; if it is really here: "
                               "datanode_map = %s",
                               d->named, same);
        return;
    }
    g_string_append(d->remedy, "such a redirect is not followed: the server, or somebody on the "
                               "way, says something wrong");
}

enum kx_step_result kx_step_redirect(struct kx_doctor *d)
{
    KX_ERROR_AUTO(err);
    g_autofree char *location = NULL;
    if (d->change) {
        g_autofree char *name =
            g_strdup_printf(".knoxctl-doctor-%08x%04x", g_random_int(), g_random_int() & 0xffff);
        d->file = kx_path_join(d->folder, name);
    }
    if (!d->file) {
        g_string_append_printf(d->said, "no file to ask for in %s", d->folder);
        return KX_STEP_NOTHING;
    }
    int result = ask_where(d, d->file, &location, &err);
    if (result < 0 || !location) {
        g_string_append_printf(d->said, "the server does not tell in advance%s%s",
                               err.message ? ": " : "", err.message ? err.message : "");
        return KX_STEP_NOTHING; /* the bytes will show */
    }
    d->named = place_of(location);
    g_autofree char *address = d->settings.proxy ? NULL : host_of(d->probe.address);
    result = kx_redirect_judge(&d->endpoint, address, location, d->file, &d->target, &err);
    if (result < 0) {
        add_redirect_remedy(d);
        return kx_step_failed(d, &err);
    }
    g_string_append_printf(d->said, "bytes go by way of %s", d->named);
    return KX_STEP_OK;
}

static void add_write_remedy(struct kx_doctor *d, const struct kx_error *err)
{
    if (g_strcmp0(err->exception, "SafeModeException") == 0)
        g_string_append(d->remedy,
                        "the NameNode is in safe mode (starting, or short of disk): wait, or "
                        "hdfs dfsadmin -safemode leave");
    else if (err->code == EACCES || err->code == EPERM)
        g_string_append_printf(d->remedy,
                               "this user may not write in %s: name another directory (--write "
                               "DIR), or look only (--no-write; mount with -o ro)",
                               d->folder);
    else if (err->code == ENOENT)
        g_string_append(d->remedy, "name a directory that is there: --write DIR");
    else if (err->code == EDQUOT || err->code == ENOSPC)
        g_string_append(d->remedy, "there is no room: free some, or ask for more quota");
    else
        g_string_append(d->remedy, "what the server says is above; its own log may say more");
}

enum kx_step_result kx_step_write(struct kx_doctor *d)
{
    KX_ERROR_AUTO(err);
    const struct kx_create how = {.overwrite = false};
    if (!d->change) {
        g_string_append(d->said, "nothing is changed (--no-write)");
        return KX_STEP_NOTHING;
    }
    int result = kx_upload_small(d->client, d->file, &how, BYTE, strlen(BYTE), NULL, &err);
    d->written = result == 0;
    if (result < 0) {
        add_write_remedy(d, &err);
        kx_step_failed(d, &err);
        g_clear_pointer(&d->file, g_free);
        find_file(d);
        return KX_STEP_FAIL;
    }
    g_string_append_printf(d->said, "1 byte to %s", d->file);
    return KX_STEP_OK;
}

static int read_byte(struct kx_doctor *d, char *out, struct kx_error *err)
{
    g_autoptr(kx_download) download = NULL;
    struct kx_block *block = NULL;
    const struct kx_download_range range = {.path = d->file, .length = 1};
    int result = kx_download_open(d->client, &range, NULL, &download, err);
    if (result == 0) result = kx_download_pull(download, 1, NULL, &block, err);
    if (result == 0) return kx_error_set(err, EIO, "the file has no byte");
    if (result < 0) return result;
    *out = *block->data;
    kx_block_unref(block);
    return 0;
}

enum kx_step_result kx_step_read(struct kx_doctor *d)
{
    KX_ERROR_AUTO(err);
    char byte = 0;
    if (!d->file) {
        g_string_append_printf(d->said, "there is no file with a byte in %s", d->folder);
        return KX_STEP_NOTHING;
    }
    int result = read_byte(d, &byte, &err);
    if (result == 0 && d->written && byte != *BYTE)
        result = kx_error_set(&err, EIO, "another byte came back than was written");
    if (result < 0) {
        if (err.code == EACCES)
            g_string_append(d->remedy, "this user may not read it");
        else
            g_string_append(d->remedy,
                            "the DataNode that has it does not answer as it should: its log");
        return kx_step_failed(d, &err);
    }
    g_string_append_printf(d->said, "1 byte of %s", d->file);
    if (d->written) g_string_append(d->said, ", the one that was written; the file is removed");
    return KX_STEP_OK;
}
