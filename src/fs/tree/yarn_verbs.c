/* The verbs of an application's ctl file. */
#include <errno.h>

#include "fs/tree/yarn_private.h"

static int act(const struct kx_tree_at *at, enum kx_yarn_verb verb, const char *value,
               struct kx_error *err)
{
    struct kx_yarn *yarn = kx_yarn_of(at, err);
    if (!yarn) return -ENOENT;
    return kx_yarn_act(yarn, kx_tree_bound(at, "app"), verb, value, at->call, err);
}

static int run_kill(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    (void)argument;
    return act(at, KX_YARN_KILL, NULL, err);
}

static int run_move(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    return act(at, KX_YARN_MOVE, argument, err);
}

static int run_priority(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    return act(at, KX_YARN_PRIORITY, argument, err);
}

/* Only the list of verbs asks this: who writes one is told by the server's own state. */
static bool goes_on(const struct kx_tree_at *at)
{
    g_autoptr(kx_answer) answer = NULL;
    const struct kx_item *app = NULL;
    if (kx_yarn_find_app(at, &answer, &app, NULL) < 0) return false;
    g_autofree char *state = kx_item_text(app, "state");
    return !kx_yarn_ended(state);
}

const struct kx_tree_verb kx_yarn_verbs[] = {
    {.name = "kill",
     .help = "end it; returns when it is KILLED",
     .run = run_kill,
     .valid = goes_on,
     .listed_only = true},
    {.name = "move",
     .argument = "QUEUE",
     .help = "into another queue",
     .run = run_move,
     .valid = goes_on,
     .listed_only = true},
    {.name = "priority",
     .argument = "NUMBER",
     .help = "among the applications of its queue, at most what the cluster allows",
     .run = run_priority,
     .valid = goes_on,
     .listed_only = true},
    {.name = NULL},
};
