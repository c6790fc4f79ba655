/* The file that waits for the end of an application. */
#include <errno.h>

#include "fs/tree/waiting.h"
#include "fs/tree/yarn_private.h"

struct end {
    struct kx_yarn *yarn;
    char *app;
};

static void end_free(void *what)
{
    struct end *end = what;
    g_free(end->app);
    g_free(end);
}

static int ask_for_end(void *what, const struct kx_call *call, GString *out, struct kx_error *err)
{
    struct end *end = what;
    g_autoptr(kx_answer) answer = NULL;
    int result = kx_yarn_app(end->yarn, end->app, call, &answer, err);
    if (result < 0) return result;
    g_autofree char *state = kx_item_text(kx_answer_root(answer), "app/state");
    g_autofree char *final = kx_item_text(kx_answer_root(answer), "app/finalStatus");
    if (!kx_yarn_ended(state)) return 0;
    g_string_append_printf(out, "%s\n", final ? final : state);
    return 1;
}

static int open_wait(const struct kx_tree_at *at, void **state, struct kx_error *err)
{
    struct kx_yarn *yarn = kx_yarn_of(at, err);
    if (!yarn) return -ENOENT;
    struct end *end = g_new0(struct end, 1);
    const struct kx_waiting_for wanted = {.what = end, .free = end_free, .ask = ask_for_end};
    end->yarn = yarn;
    end->app = g_strdup(kx_tree_bound(at, "app"));
    kx_waiting_open(&wanted, state);
    return 0;
}

const struct kx_tree_stream kx_yarn_wait_stream = KX_WAITING_STREAM(open_wait);
