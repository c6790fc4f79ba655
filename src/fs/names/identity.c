#include "fs/names/identity.h"

#include <glib.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>

#define NSS_BUFFER_BYTES_MAX                                                                       \
    65536 /* of one entry; a group with more members than fit is taken as unknown */

/* One direction of one kind: names to numbers and back. */
struct id_map {
    GHashTable *by_name; /* owned name -> number */
    GHashTable *by_id;   /* number -> name, owned by by_name's keys */
    bool (*id_of)(const char *name, uint32_t *id);
    char *(*name_of)(uint32_t id);
};

struct kx_identity {
    GMutex mutex; /* guards both maps */
    struct id_map users, groups;
    int64_t uid, gid;
};

static bool user_id(const char *name, uint32_t *id)
{
    g_autofree char *buffer = g_malloc(NSS_BUFFER_BYTES_MAX);
    struct passwd entry, *found = NULL;
    if (getpwnam_r(name, &entry, buffer, NSS_BUFFER_BYTES_MAX, &found) != 0 || !found) return false;
    *id = found->pw_uid;
    return true;
}

static bool group_id(const char *name, uint32_t *id)
{
    g_autofree char *buffer = g_malloc(NSS_BUFFER_BYTES_MAX);
    struct group entry, *found = NULL;
    if (getgrnam_r(name, &entry, buffer, NSS_BUFFER_BYTES_MAX, &found) != 0 || !found) return false;
    *id = found->gr_gid;
    return true;
}

static char *user_name(uint32_t id)
{
    g_autofree char *buffer = g_malloc(NSS_BUFFER_BYTES_MAX);
    struct passwd entry, *found = NULL;
    bool ok = getpwuid_r(id, &entry, buffer, NSS_BUFFER_BYTES_MAX, &found) == 0 && found;
    return ok ? g_strdup(found->pw_name) : NULL;
}

static char *group_name(uint32_t id)
{
    g_autofree char *buffer = g_malloc(NSS_BUFFER_BYTES_MAX);
    struct group entry, *found = NULL;
    bool ok = getgrgid_r(id, &entry, buffer, NSS_BUFFER_BYTES_MAX, &found) == 0 && found;
    return ok ? g_strdup(found->gr_name) : NULL;
}

/* FNV-1a, folded into [2^20, 2^31): the same on every machine. */
static uint32_t foreign_id(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return KX_FOREIGN_ID_MIN + hash % (((uint32_t)1 << 31) - KX_FOREIGN_ID_MIN);
}

static void map_init(struct id_map *map, bool (*id_of)(const char *, uint32_t *),
                     char *(*name_of)(uint32_t))
{
    map->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    map->by_id = g_hash_table_new(NULL, NULL);
    map->id_of = id_of;
    map->name_of = name_of;
}

struct kx_identity *kx_identity_new(int64_t uid, int64_t gid)
{
    struct kx_identity *identity = g_new0(struct kx_identity, 1);
    g_mutex_init(&identity->mutex);
    identity->uid = uid;
    identity->gid = gid;
    map_init(&identity->users, user_id, user_name);
    map_init(&identity->groups, group_id, group_name);
    return identity;
}

void kx_identity_free(struct kx_identity *identity)
{
    if (!identity) return;
    struct id_map *maps[] = {&identity->users, &identity->groups};
    for (size_t i = 0; i < G_N_ELEMENTS(maps); i++) {
        g_hash_table_destroy(maps[i]->by_id);
        g_hash_table_destroy(maps[i]->by_name);
    }
    g_mutex_clear(&identity->mutex);
    g_free(identity);
}

static uint32_t map_id(struct kx_identity *identity, struct id_map *map, const char *name)
{
    gpointer known;
    g_mutex_lock(&identity->mutex);
    bool found = g_hash_table_lookup_extended(map->by_name, name, NULL, &known);
    g_mutex_unlock(&identity->mutex);
    if (found) return GPOINTER_TO_UINT(known);
    uint32_t id;
    if (!*name) return foreign_id(name); /* a server that tells no name: nobody's */
    if (!map->id_of(name, &id)) id = foreign_id(name);
    g_mutex_lock(&identity->mutex);
    if (!g_hash_table_contains(map->by_name, name)) {
        char *key = g_strdup(name);
        g_hash_table_insert(map->by_name, key, GUINT_TO_POINTER(id));
        g_hash_table_insert(map->by_id, GUINT_TO_POINTER(id), key);
    }
    g_mutex_unlock(&identity->mutex);
    return id;
}

static char *map_name(struct kx_identity *identity, struct id_map *map, uint32_t id)
{
    g_mutex_lock(&identity->mutex);
    char *name = g_strdup(g_hash_table_lookup(map->by_id, GUINT_TO_POINTER(id)));
    g_mutex_unlock(&identity->mutex);
    return name ? name : map->name_of(id);
}

uid_t kx_identity_uid(struct kx_identity *identity, const char *owner)
{
    return identity->uid >= 0 ? (uid_t)identity->uid : map_id(identity, &identity->users, owner);
}

gid_t kx_identity_gid(struct kx_identity *identity, const char *group)
{
    return identity->gid >= 0 ? (gid_t)identity->gid : map_id(identity, &identity->groups, group);
}

char *kx_identity_owner(struct kx_identity *identity, uid_t uid)
{
    return map_name(identity, &identity->users, uid);
}

char *kx_identity_group(struct kx_identity *identity, gid_t gid)
{
    return map_name(identity, &identity->groups, gid);
}
