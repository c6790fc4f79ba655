/* Which DataNode was it that failed? Its URL is not the name by which it can be excluded. */
#include <errno.h>

#include "rest/client_private.h"
#include "rest/json.h"

#define ASK_TIMEOUT_MS 2000 /* the caller is waiting for bytes */

/* Did the connection fail, and not what went over it? */
static bool of_connection(const struct kx_error *why)
{
    if (why->http_status) return false;
    return why->code == EHOSTDOWN || why->code == EHOSTUNREACH || why->code == ETIMEDOUT ||
           why->code == EIO;
}

static int port_of(const struct kx_url_parts *parts)
{
    if (parts->port > 0) return parts->port;
    return g_ascii_strcasecmp(parts->scheme, "https") == 0 ? 443 : 80;
}

bool kx_client_can_suspect(struct kx_client *client, const char *url)
{
    __attribute__((cleanup(kx_url_parts_clear))) struct kx_url_parts parts = {.port = -1};
    if (kx_feature_get(&client->features, KX_FEATURE_LOCATED_BLOCKS) == KX_NO) return false;
    if (!kx_url_split(url, true, &parts) || !parts.scheme || !parts.host) return false;
    return !kx_homes_has(client->homes, parts.host, port_of(&parts));
}

static void datanode_clear(gpointer element)
{
    kx_datanode_clear(element);
}

/* @out owned array of struct kx_datanode: who has the block at @offset, and the last block. */
static int ask(struct kx_client *client, const struct kx_broken_step *step, GArray **out,
               struct kx_error *err)
{
    struct kx_features *features = &client->features;
    g_autoptr(GString) params = g_string_new(NULL);
    g_autoptr(GBytes) body = NULL;
    kx_url_append_query_int(params, "offset", step->offset);
    kx_url_append_query_int(params, "length", 1);
    const struct kx_call call = {.cancel = step->cancel,
                                 .timeout_ms = MIN(ASK_TIMEOUT_MS, client->config.timeout_ms),
                                 .attempts = 1};
    const struct kx_ask question = {client, KX_GET_BLOCK_LOCATIONS, step->path, params->str, &call,
                                    0};
    int rc = kx_client_run(&question, &body, NULL, err);
    if (rc == -EOPNOTSUPP) kx_feature_set(features, KX_FEATURE_LOCATED_BLOCKS, KX_NO);
    if (rc < 0) return rc;
    kx_feature_set(features, KX_FEATURE_LOCATED_BLOCKS, KX_YES);
    g_autoptr(GArray) datanodes = g_array_new(FALSE, TRUE, sizeof(struct kx_datanode));
    g_array_set_clear_func(datanodes, datanode_clear);
    rc = kx_json_read_datanodes(body, datanodes, err);
    if (rc == 0) *out = g_steal_pointer(&datanodes);
    return rc;
}

static bool is_at(const struct kx_datanode *datanode, const char *host, int port)
{
    if (datanode->http_port != port && datanode->https_port != port) return false;
    return (datanode->host && g_ascii_strcasecmp(datanode->host, host) == 0) ||
           (datanode->address && g_ascii_strcasecmp(datanode->address, host) == 0);
}

/* @return borrowed; NULL: none of them is there. */
static const char *name_at(const GArray *datanodes, const char *host, int port)
{
    for (guint i = 0; i < datanodes->len; i++) {
        const struct kx_datanode *datanode = &g_array_index(datanodes, struct kx_datanode, i);
        if (is_at(datanode, host, port)) return datanode->name;
    }
    return NULL;
}

char *kx_client_datanode_name(struct kx_client *client, const struct kx_broken_step *step)
{
    KX_ERROR_AUTO(err);
    g_autoptr(GArray) datanodes = NULL;
    if (ask(client, step, &datanodes, &err) < 0) {
        g_autofree char *line = kx_error_format(&err);
        kx_log_write(client->config.log, KX_LOG_DEBUG, "the DataNode stays unnamed: %s", line);
        return NULL;
    }
    __attribute__((cleanup(kx_url_parts_clear))) struct kx_url_parts parts = {.port = -1};
    kx_url_split(step->url, true, &parts);
    return g_strdup(name_at(datanodes, parts.host, port_of(&parts)));
}

bool kx_client_suspect(struct kx_client *client, const struct kx_broken_step *step)
{
    if (!of_connection(step->why)) return false;
    kx_datanodes_failed(client->datanodes, step->url, false);
    if (!kx_client_can_suspect(client, step->url)) return false;
    g_autofree char *name = kx_client_datanode_name(client, step);
    if (!name || !kx_suspects_add(client->suspects, name)) return false;
    kx_log_event(client->config.log, KX_LOG_INFO, "datanode",
                 "the DataNode %s is avoided for %d s: %s", name, KX_SUSPICION_MS / 1000,
                 step->why->message ? step->why->message : g_strerror(step->why->code));
    return true;
}
