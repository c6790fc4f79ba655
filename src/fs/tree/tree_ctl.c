/* The verbs of a ctl file: what is written, and what is read. */
#include <errno.h>
#include <string.h>

#include "fs/tree/tree_private.h"

#define VERB_COLUMN 20

static bool is_valid(const struct kx_tree_at *at, const struct kx_tree_verb *verb)
{
    return !verb->valid || verb->valid(at);
}

void kx_tree_ctl_text(const struct kx_tree_at *at, GString *out)
{
    for (const struct kx_tree_verb *verb = at->row->verbs; verb->name; verb++) {
        if (!is_valid(at, verb)) continue;
        g_autofree char *words =
            g_strjoin(verb->argument ? " " : NULL, verb->name, verb->argument, NULL);
        g_string_append_printf(out, "%-*s  %s\n", VERB_COLUMN, words, verb->help);
    }
}

int kx_tree_ctl_line(const char *data, size_t length, char **line, struct kx_error *err)
{
    if (length > KX_TREE_LINE_MAX)
        return kx_error_set(err, EMSGSIZE, "a line of %d bytes at most is taken", KX_TREE_LINE_MAX);
    if (memchr(data, '\0', length) || !g_utf8_validate(data, (gssize)length, NULL))
        return kx_error_set(err, EINVAL, "this is no text");
    g_autofree char *text = g_strstrip(g_strndup(data, length));
    if (!*text) return kx_error_set(err, EINVAL, "a verb is missing; reading this file lists them");
    if (strchr(text, '\n')) return kx_error_set(err, EINVAL, "one verb a write is taken");
    *line = g_steal_pointer(&text);
    return 0;
}

static int run_verb(const struct kx_tree_at *at, const struct kx_tree_verb *verb,
                    const char *argument, struct kx_error *err)
{
    bool optional = verb->argument && *verb->argument == '[';
    if (verb->argument && !optional && !*argument)
        return kx_error_set(err, EINVAL, "%s needs %s: %s", verb->name, verb->argument, verb->help);
    if (!verb->argument && *argument)
        return kx_error_set(err, EINVAL, "%s takes nothing after it, and was given %s", verb->name,
                            argument);
    if (!verb->listed_only && !is_valid(at, verb))
        return kx_error_set(err, EBUSY, "%s is not possible now", verb->name);
    return verb->run(at, *argument ? argument : NULL, err);
}

static int no_such_verb(const struct kx_tree_at *at, const char *word, struct kx_error *err)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (const struct kx_tree_verb *verb = at->row->verbs; verb->name; verb++)
        if (is_valid(at, verb))
            g_string_append_printf(names, "%s%s", names->len ? ", " : "", verb->name);
    return kx_error_set(err, EINVAL, "there is no verb %s; possible now: %s", word,
                        names->len ? names->str : "none");
}

int kx_tree_ctl_write(const struct kx_tree_at *at, const char *data, size_t length,
                      struct kx_error *err)
{
    g_autofree char *line = NULL;
    int result = kx_tree_ctl_line(data, length, &line, err);
    if (result < 0) return result;
    size_t word = strcspn(line, " \t");
    const char *argument = line + word + strspn(line + word, " \t");
    line[word] = '\0';
    for (const struct kx_tree_verb *verb = at->row->verbs; verb->name; verb++)
        if (strcmp(verb->name, line) == 0) return run_verb(at, verb, argument, err);
    return no_such_verb(at, line, err);
}
