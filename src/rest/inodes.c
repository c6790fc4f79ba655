#include "rest/inodes.h"

#include <string.h>

#include "rest/auth.h"
#include "rest/features.h"
#include "rest/service.h"

#define ASK_TIMEOUT_MS 2000 /* the mount waits for it */
#define ANSWER_MAX     ((size_t)64 * 1024)
#define QUESTION       "&get=Hadoop:service=NameNode,name=FSNamesystemState::FSState"
/* A router has a bean of that name, too, of another class. */
#define NAMENODE_ITSELF "org.apache.hadoop.hdfs.server.namenode.FSNamesystem\""

/* A gateway has no such page of its own, and a login is for WebHDFS. */
static bool may_be_namenode(struct kx_client *client)
{
    const char *gateway = kx_client_endpoint(client)->gateway;
    return !(gateway && *gateway) && kx_auth_is_simple(kx_client_auth(client));
}

static bool is_namenode(struct kx_client *client)
{
    const struct kx_service_config config = {
        .name = "the NameNode", .base = kx_client_endpoint(client)->origin, .client = client};
    const struct kx_call call = {.timeout_ms = ASK_TIMEOUT_MS, .attempts = 1};
    struct kx_service_ask ask = {
        .path = "/jmx", .params = QUESTION, .call = &call, .cap = ANSWER_MAX};
    g_autoptr(kx_service) service = kx_service_new(&config);
    g_autoptr(GBytes) body = NULL;
    KX_ERROR_AUTO(err);
    if (kx_service_run(service, &ask, &body, &err) < 0) return false;
    gsize length;
    const char *text = g_bytes_get_data(body, &length);
    return length && g_strstr_len(text, (gssize)length, NAMENODE_ITSELF);
}

void kx_inodes_learn(struct kx_client *client)
{
    bool numbers = may_be_namenode(client) && is_namenode(client);
    kx_feature_set(kx_client_features(client), KX_FEATURE_INODE_PATHS, numbers ? KX_YES : KX_NO);
}

/* Is one of the components a snapshot directory, or the path no file's name? */
static bool is_special(const char *path)
{
    return g_str_has_prefix(path, "/.reserved/") || strstr(path, "/.snapshot/");
}

char *kx_inodes_path(struct kx_client *client, const char *path, uint64_t file_id)
{
    if (!file_id || is_special(path)) return NULL;
    if (kx_feature_get(kx_client_features(client), KX_FEATURE_INODE_PATHS) != KX_YES) return NULL;
    return g_strdup_printf("/.reserved/.inodes/%" G_GUINT64_FORMAT, file_id);
}

void kx_inodes_refused(struct kx_client *client)
{
    kx_log_write(kx_client_log(client), KX_LOG_INFO,
                 "the server does not open files by their numbers: names are used");
    kx_feature_set(kx_client_features(client), KX_FEATURE_INODE_PATHS, KX_NO);
}
