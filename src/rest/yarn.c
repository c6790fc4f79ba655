#include "rest/yarn.h"

#include <errno.h>
#include <string.h>

#include "rest/kept.h"

#define KEPT_MAX       256
#define KEPT_SIZE      ((size_t)4 * 1024 * 1024)
#define SETTLE_STEP_MS 200
#define DEPTH_MAX      16 /* of queues */

struct kx_yarn {
    struct kx_service *service;
    struct kx_kept *kept;
};

/* What a verb is to the server: PUT /apps/ID/NAME {"NAME": VALUE}, and the application's member
 * that shows it. */
static const struct {
    const char *name, *member;
} VERBS[] = {
    [KX_YARN_KILL] = {"state", "app/state"},
    [KX_YARN_MOVE] = {"queue", "app/queue"},
    [KX_YARN_PRIORITY] = {"priority", "app/priority"},
};

struct kx_yarn *kx_yarn_new(struct kx_client *client, const char *base)
{
    const struct kx_service_config config = {.name = "YARN", .base = base, .client = client};
    struct kx_yarn *yarn = g_new0(struct kx_yarn, 1);
    yarn->service = kx_service_new(&config);
    yarn->kept = kx_kept_new(kx_client_clock(client), KEPT_MAX, KEPT_SIZE);
    return yarn;
}

void kx_yarn_free(struct kx_yarn *yarn)
{
    if (!yarn) return;
    kx_service_free(yarn->service);
    kx_kept_free(yarn->kept);
    g_free(yarn);
}

struct kx_service *kx_yarn_service(struct kx_yarn *yarn)
{
    return yarn->service;
}

bool kx_yarn_ended(const char *state)
{
    static const char *const ENDED[] = {"FINISHED", "FAILED", "KILLED", NULL};
    return state && g_strv_contains(ENDED, state);
}

bool kx_yarn_is_app(const char *id)
{
    static const char PREFIX[] = "application_";
    if (!g_str_has_prefix(id, PREFIX)) return false;
    const char *first = id + strlen(PREFIX);
    size_t one = strspn(first, "0123456789");
    if (!one || first[one] != '_') return false;
    size_t two = strspn(first + one + 1, "0123456789");
    return two && two < 20 && one < 20 && !first[one + 1 + two];
}

bool kx_yarn_is_over(const struct kx_answer *answer)
{
    static const char *const OPEN[] = {"NOT_START", "RUNNING", "RUNNING_WITH_FAILURE", NULL};
    const struct kx_item *root = kx_answer_root(answer);
    g_autofree char *state = kx_item_text(root, "app/state");
    g_autofree char *logs = kx_item_text(root, "app/logAggregationStatus");
    return kx_yarn_ended(state) && !(logs && g_strv_contains(OPEN, logs));
}

static int ask_now(struct kx_yarn *yarn, const char *key, const char *what, const char *params,
                   const struct kx_call *call, struct kx_answer **out, struct kx_error *err)
{
    g_autofree char *path = g_strconcat("/v1/cluster/", what, NULL);
    struct kx_service_ask ask = {.path = path, .params = params, .call = call};
    g_autoptr(GBytes) body = NULL;
    int result = kx_service_run(yarn->service, &ask, &body, err);
    if (result == 0) result = kx_answer_parse(body, out, err);
    if (result < 0) return result;
    kx_kept_add(yarn->kept, key, *out, g_bytes_get_size(body),
                kx_yarn_is_over(*out) ? KX_YARN_ENDED_MS : KX_YARN_FRESH_MS);
    return 0;
}

int kx_yarn_get(struct kx_yarn *yarn, const char *what, const char *params,
                const struct kx_call *call, struct kx_answer **out, struct kx_error *err)
{
    g_autofree char *key = g_strconcat(what, params, NULL);
    *out = kx_kept_enter(yarn->kept, key, call ? call->cancel : NULL);
    if (*out) return 0;
    int result = ask_now(yarn, key, what, params, call, out, err);
    kx_kept_leave(yarn->kept, key);
    return result;
}

int kx_yarn_app_part(struct kx_yarn *yarn, const char *id, const char *part,
                     const struct kx_call *call, struct kx_answer **out, struct kx_error *err)
{
    if (!kx_yarn_is_app(id)) return kx_error_set(err, ENOENT, "%s is no application", id);
    g_autofree char *what = g_strconcat("apps/", id, part ? "/" : "", part, NULL);
    return kx_yarn_get(yarn, what, NULL, call, out, err);
}

int kx_yarn_app(struct kx_yarn *yarn, const char *id, const struct kx_call *call,
                struct kx_answer **out, struct kx_error *err)
{
    return kx_yarn_app_part(yarn, id, NULL, call, out, err);
}

struct walk {
    void (*take)(const char *path, const struct kx_item *queue, void *context);
    void *context;
};

/* A capacity scheduler says its queues' names, and paths in newer versions; a fair one only paths,
 * as names. */
static void walk_queue(const struct walk *walk, const struct kx_item *queue, const char *parent,
                       int depth)
{
    g_autofree char *name = kx_item_text(queue, "queueName"), *path = NULL;
    if (!name || depth > DEPTH_MAX) return;
    bool full = !parent || g_str_has_prefix(name, "root.");
    path = full ? g_strdup(name) : g_strconcat(parent, ".", name, NULL);
    walk->take(path, queue, walk->context);
    const struct kx_item *children = kx_item_at(queue, "queues/queue");
    if (!children) children = kx_item_at(queue, "childQueues/queue");
    for (size_t i = 0; i < kx_item_count(children); i++)
        walk_queue(walk, kx_item_element(children, i), path, depth + 1);
}

void kx_yarn_queues(const struct kx_answer *scheduler,
                    void (*take)(const char *path, const struct kx_item *queue, void *context),
                    void *context)
{
    const struct walk walk = {take, context};
    const struct kx_item *info = kx_item_at(kx_answer_root(scheduler), "scheduler/schedulerInfo");
    const struct kx_item *root = kx_item_at(info, "rootQueue");
    walk_queue(&walk, root ? root : info, NULL, 0);
}

/* A member of the application as it is now.  @out owned; @ended whether it is over. */
static int member_now(struct kx_yarn *yarn, const char *id, const char *member,
                      const struct kx_call *call, char **out, bool *ended, struct kx_error *err)
{
    g_autofree char *key = g_strconcat("apps/", id, NULL);
    g_autoptr(kx_answer) app = NULL;
    kx_kept_drop(yarn->kept, key);
    int result = kx_yarn_app(yarn, id, call, &app, err);
    if (result < 0) return result;
    g_autofree char *state = kx_item_text(kx_answer_root(app), "app/state");
    *ended = kx_yarn_ended(state);
    *out = kx_item_text(kx_answer_root(app), member);
    return *out ? 0 : kx_error_set(err, EPROTO, "YARN tells no %s of %s", member, id);
}

/* "root.default" is what the scheduler may show for "default". */
static bool shows(const char *now, const char *wanted)
{
    const char *leaf = strrchr(now, '.');
    return strcmp(now, wanted) == 0 || (leaf && strcmp(leaf + 1, wanted) == 0);
}

static int settle(struct kx_yarn *yarn, const char *id, enum kx_yarn_verb verb, const char *wanted,
                  const struct kx_call *call, struct kx_error *err)
{
    for (int waited = 0;; waited += SETTLE_STEP_MS) {
        g_autofree char *now = NULL;
        bool ended = false;
        int result = member_now(yarn, id, VERBS[verb].member, call, &now, &ended, err);
        if (result < 0 || shows(now, wanted)) return result;
        if (ended || waited >= KX_YARN_SETTLE_MS)
            return kx_error_set(err, EBUSY, "the %s of %s is %s still", VERBS[verb].name, id, now);
        if (kx_cancel_sleep(call ? call->cancel : NULL, SETTLE_STEP_MS) < 0)
            return kx_error_set(err, EINTR, "interrupted");
    }
}

struct search {
    const char *wanted;
    bool found;
};

static void compare(const char *path, const struct kx_item *queue, void *context)
{
    struct search *search = context;
    (void)queue;
    search->found = search->found || shows(path, search->wanted);
}

/* For a queue that is not there the answer is a 503 without a reason (3.4.2). */
static int check_queue(struct kx_yarn *yarn, const char *queue, const struct kx_call *call,
                       struct kx_error *err)
{
    struct search search = {.wanted = queue};
    g_autoptr(kx_answer) scheduler = NULL;
    int result = kx_yarn_get(yarn, "scheduler", NULL, call, &scheduler, err);
    if (result < 0) return result;
    kx_yarn_queues(scheduler, compare, &search);
    return search.found ? 0 : kx_error_set(err, EINVAL, "YARN knows no queue %s", queue);
}

int kx_yarn_act(struct kx_yarn *yarn, const char *id, enum kx_yarn_verb verb, const char *value,
                const struct kx_call *call, struct kx_error *err)
{
    g_autofree char *state = NULL, *path = NULL, *body = NULL;
    bool ended = false, number = verb == KX_YARN_PRIORITY;
    const char *wanted = verb == KX_YARN_KILL ? "KILLED" : value;
    if (!number && wanted[strcspn(wanted, "\"\\")])
        return kx_error_set(err, EINVAL, "%s: no such %s", wanted, VERBS[verb].name);
    if (number && !g_ascii_string_to_signed(wanted, 10, G_MININT, G_MAXINT, NULL, NULL))
        return kx_error_set(err, EINVAL, "%s is no whole number", wanted);
    int result = member_now(yarn, id, "app/state", call, &state, &ended, err);
    if (result < 0) return result;
    if (ended) return kx_error_set(err, EBUSY, "%s has ended: it is %s", id, state);
    if (verb == KX_YARN_MOVE) result = check_queue(yarn, wanted, call, err);
    if (result < 0) return result;
    path = g_strdup_printf("/v1/cluster/apps/%s/%s", id, VERBS[verb].name);
    body = g_strdup_printf(number ? "{\"%s\":%s}" : "{\"%s\":\"%s\"}", VERBS[verb].name, wanted);
    struct kx_service_ask ask = {
        .method = "PUT", .path = path, .type = "application/json", .body = body, .call = call};
    result = kx_service_run(yarn->service, &ask, NULL, err);
    return result < 0 ? result : settle(yarn, id, verb, wanted, call, err);
}
