/* What a node of /.cluster stands for: an object of an answer of YARN. */
#include <errno.h>
#include <string.h>

#include "fs/mount.h"
#include "fs/services.h"
#include "fs/tree/yarn_private.h"

#define SEALED 32 /* characters that an encrypted name has at least */

struct kx_yarn *kx_yarn_of(const struct kx_tree_at *at, struct kx_error *err)
{
    struct kx_yarn *yarn = kx_services_yarn(at->mount->services);
    if (!yarn) kx_error_set(err, ENOENT, "this mount has no YARN (-o yarn=URL)");
    return yarn;
}

/* The object at a path of an answer about the cluster. */
static int find_at(const struct kx_tree_at *at, const char *what, const char *path,
                   struct kx_answer **answer, const struct kx_item **item, struct kx_error *err)
{
    struct kx_yarn *yarn = kx_yarn_of(at, err);
    int result = yarn ? kx_yarn_get(yarn, what, NULL, at->call, answer, err) : -ENOENT;
    if (result < 0) return result;
    *item = kx_item_at(kx_answer_root(*answer), path);
    return 0;
}

/* @item becomes the element whose member is the variable's value. */
static int pick(const struct kx_tree_at *at, const char *member, const char *variable,
                struct kx_answer **answer, const struct kx_item **item, struct kx_error *err)
{
    const struct kx_item *all = *item;
    const char *wanted = kx_tree_bound(at, variable);
    for (size_t i = 0; i < kx_item_count(all); i++) {
        *item = kx_item_element(all, i);
        g_autofree char *name = kx_item_text(*item, member);
        if (g_strcmp0(name, wanted) == 0) return 0;
    }
    g_clear_pointer(answer, kx_answer_unref);
    return kx_error_set(err, ENOENT, "YARN knows no %s %s", variable, wanted);
}

int kx_yarn_find_info(const struct kx_tree_at *at, struct kx_answer **answer,
                      const struct kx_item **item, struct kx_error *err)
{
    return find_at(at, "info", "clusterInfo", answer, item, err);
}

int kx_yarn_find_metrics(const struct kx_tree_at *at, struct kx_answer **answer,
                         const struct kx_item **item, struct kx_error *err)
{
    return find_at(at, "metrics", "clusterMetrics", answer, item, err);
}

int kx_yarn_find_scheduler(const struct kx_tree_at *at, struct kx_answer **answer,
                           const struct kx_item **item, struct kx_error *err)
{
    return find_at(at, "scheduler", "scheduler/schedulerInfo", answer, item, err);
}

struct search {
    const char *wanted;
    const struct kx_item *found;
};

static void compare(const char *path, const struct kx_item *queue, void *context)
{
    struct search *search = context;
    if (strcmp(path, search->wanted) == 0) search->found = queue;
}

int kx_yarn_find_queue(const struct kx_tree_at *at, struct kx_answer **answer,
                       const struct kx_item **item, struct kx_error *err)
{
    struct search search = {.wanted = kx_tree_bound(at, "queue")};
    int result = kx_yarn_find_scheduler(at, answer, item, err);
    if (result < 0) return result;
    kx_yarn_queues(*answer, compare, &search);
    *item = search.found;
    if (search.found) return 0;
    g_clear_pointer(answer, kx_answer_unref);
    return kx_error_set(err, ENOENT, "YARN knows no queue %s", search.wanted);
}

int kx_yarn_find_queue_user(const struct kx_tree_at *at, struct kx_answer **answer,
                            const struct kx_item **item, struct kx_error *err)
{
    int result = kx_yarn_find_queue(at, answer, item, err);
    if (result < 0) return result;
    *item = kx_item_at(*item, "users/user");
    return pick(at, "username", "user", answer, item, err);
}

/* A gateway encrypts the names of nodes, anew in each answer; it knows all of them again. */
static int find_sealed_node(const struct kx_tree_at *at, struct kx_answer **answer,
                            const struct kx_item **item, struct kx_error *err)
{
    const char *name = kx_tree_bound(at, "node");
    bool gateway = *kx_client_endpoint(at->mount->client)->gateway != '\0';
    for (const char *c = name; *c; c++)
        gateway = gateway && (g_ascii_isalnum(*c) || *c == '-' || *c == '_');
    if (!gateway || strlen(name) < SEALED) return -ENOENT;
    g_autofree char *what = g_strconcat("nodes/", name, NULL);
    kx_error_clear(err);
    int result = find_at(at, what, "node", answer, item, err);
    if (result == 0 && *item) return 0;
    g_clear_pointer(answer, kx_answer_unref);
    kx_error_clear(err);
    return kx_error_set(err, ENOENT, "YARN knows no node %s", name);
}

int kx_yarn_find_node(const struct kx_tree_at *at, struct kx_answer **answer,
                      const struct kx_item **item, struct kx_error *err)
{
    int result = find_at(at, "nodes", "nodes/node", answer, item, err);
    if (result == 0) result = pick(at, "id", "node", answer, item, err);
    return result == -ENOENT ? find_sealed_node(at, answer, item, err) : result;
}

int kx_yarn_find_app(const struct kx_tree_at *at, struct kx_answer **answer,
                     const struct kx_item **item, struct kx_error *err)
{
    struct kx_yarn *yarn = kx_yarn_of(at, err);
    const char *id = kx_tree_bound(at, "app");
    int result = yarn ? kx_yarn_app(yarn, id, at->call, answer, err) : -ENOENT;
    if (result == 0) *item = kx_item_at(kx_answer_root(*answer), "app");
    return result;
}

static int find_attempts(const struct kx_tree_at *at, struct kx_answer **answer,
                         const struct kx_item **item, struct kx_error *err)
{
    struct kx_yarn *yarn = kx_yarn_of(at, err);
    const char *id = kx_tree_bound(at, "app");
    int result = yarn ? kx_yarn_app_part(yarn, id, "appattempts", at->call, answer, err) : -ENOENT;
    if (result == 0) *item = kx_item_at(kx_answer_root(*answer), "appAttempts/appAttempt");
    return result;
}

int kx_yarn_find_attempt(const struct kx_tree_at *at, struct kx_answer **answer,
                         const struct kx_item **item, struct kx_error *err)
{
    int result = find_attempts(at, answer, item, err);
    return result < 0 ? result : pick(at, "id", "attempt", answer, item, err);
}

int kx_yarn_attempt_names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    g_autoptr(kx_answer) answer = NULL;
    const struct kx_item *all = NULL;
    int result = find_attempts(at, &answer, &all, err);
    for (size_t i = 0; result == 0 && i < kx_item_count(all); i++) {
        char *id = kx_item_text(kx_item_element(all, i), "id");
        if (id) g_ptr_array_add(out, id);
    }
    return result;
}

int kx_yarn_find_containers(const struct kx_tree_at *at, struct kx_answer **answer,
                            const struct kx_item **item, struct kx_error *err)
{
    g_autoptr(kx_answer) attempts = NULL;
    int result = find_attempts(at, &attempts, item, err);
    if (result < 0) return result;
    size_t count = kx_item_count(*item);
    const struct kx_item *last = count ? kx_item_element(*item, count - 1) : NULL;
    g_autofree char *id = kx_item_text(last, "appAttemptId"), *part = NULL;
    *item = NULL;
    if (!id) return 0;
    part = g_strconcat("appattempts/", id, "/containers", NULL);
    result = kx_yarn_app_part(kx_yarn_of(at, err), kx_tree_bound(at, "app"), part, at->call, answer,
                              err);
    if (result == 0) *item = kx_item_at(kx_answer_root(*answer), "container");
    return result;
}

int kx_yarn_find_container(const struct kx_tree_at *at, struct kx_answer **answer,
                           const struct kx_item **item, struct kx_error *err)
{
    int result = kx_yarn_find_containers(at, answer, item, err);
    return result < 0 ? result : pick(at, "containerId", "container", answer, item, err);
}
