/* The options in front of the command: those of a mount that say where a cluster is and who we are,
 * with '-' for '_', and pyox's names for some of them. */
#include <errno.h>
#include <string.h>

#include "conf/options_table.h"
#include "tools/knoxctl/ctl.h"

#define GATEWAY_PATH "gateway/"

/* What is not in the table of a mount's options. */
static const struct own {
    char letter;
    const char *name, *value, *help;
} OWN[] = {
    {0, "base", "URL", "the cluster's address, where a command is given none (HADOOP_BASE)"},
    {0, "host", "HOST[:PORT]", "the same in parts: the server (HADOOP_HOST)"},
    {0, "gateway", "TOPOLOGY", "... behind Knox: the topology (HADOOP_GATEWAY)"},
    {0, "secure", NULL, "... with TLS, which a gateway has anyway (HADOOP_SECURE)"},
    {0, "profile", "NAME", "a profile of the configuration, as NAME: (KNOXFS_PROFILE)"},
    {0, "auth", "USER:PASSWORD",
     "log in with this (HADOOP_AUTH). It is wiped from the list of processes, but was in it: "
     "--auth-file is better. USER alone: the password is asked for"},
    {0, "no-verify", NULL, "the same as --insecure-tls"},
    {'v', "verbose", NULL, "say more; twice: every request"},
    {'h', "help", NULL, "this text; behind a command: that one's"},
    {'V', "version", NULL, "the version"},
};

/* What the parts of an address were given. */
struct parts {
    const char *base, *host, *gateway, *profile;
    bool secure;
};

static bool is_row_shown(const struct kx_option_row *row)
{
    return row->help && row->kind != KX_OPTION_KERNEL && row->kind != KX_OPTION_IGNORED;
}

static const struct own *own_find(const char *word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(OWN); i++) {
        bool letter = OWN[i].letter && word[1] == OWN[i].letter && !word[2];
        if (letter || (word[1] == '-' && strcmp(word + 2, OWN[i].name) == 0)) return &OWN[i];
    }
    return NULL;
}

static const struct kx_option_row *row_find(const char *word)
{
    size_t count;
    const struct kx_option_row *rows = kx_option_rows(&count);
    g_autofree char *name = g_strdelimit(g_strdup(word + 2), "-", '_');
    for (size_t i = 0; word[1] == '-' && i < count; i++)
        if (is_row_shown(&rows[i]) && strcmp(rows[i].name, name) == 0) return &rows[i];
    return NULL;
}

/* USER:PASSWORD out of writable memory that others see.  USER alone is to be asked for. */
static void take_auth(struct kx_ctl *ctl, char *given)
{
    char *colon = strchr(given, ':');
    if (!colon) {
        g_ptr_array_add(ctl->words, g_strdup("ask_password"));
        g_ptr_array_add(ctl->words, g_strdup_printf("user=%s", given));
        return;
    }
    kx_secret_guard_process();
    kx_secret_free(ctl->typed);
    ctl->typed = kx_secret_new(given, strlen(given));
    kx_wipe(colon + 1, strlen(colon + 1));
}

static void take_own(struct kx_ctl *ctl, struct parts *parts, const struct own *own, char *value)
{
    const struct {
        const char *name;
        const char **to;
    } texts[] = {{"base", &parts->base},
                 {"host", &parts->host},
                 {"gateway", &parts->gateway},
                 {"profile", &parts->profile}};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        if (strcmp(own->name, texts[i].name) == 0) *texts[i].to = value;
    if (strcmp(own->name, "secure") == 0) parts->secure = true;
    if (strcmp(own->name, "auth") == 0) take_auth(ctl, value);
    if (strcmp(own->name, "no-verify") == 0) g_ptr_array_add(ctl->words, g_strdup("insecure_tls"));
    if (strcmp(own->name, "verbose") == 0) ctl->verbose++;
    if (strcmp(own->name, "help") == 0) ctl->help = true;
    if (strcmp(own->name, "version") == 0) ctl->version = true;
}

/* Knox's address out of parts, as pyox puts it together.  @return owned; NULL: nothing is given. */
static char *address_of(const struct parts *parts)
{
    if (parts->profile) return g_strconcat(parts->profile, ":", NULL);
    if (!parts->base && !parts->host) return NULL;
    bool tls = parts->secure || parts->gateway;
    g_autofree char *base = parts->base
                                ? g_strdup(parts->base)
                                : g_strdup_printf("http%s://%s", tls ? "s" : "", parts->host);
    if (!parts->gateway) return g_steal_pointer(&base);
    return g_strdup_printf("%s%s" GATEWAY_PATH "%s", base, g_str_has_suffix(base, "/") ? "" : "/",
                           parts->gateway);
}

static char *environment(const char *name)
{
    char *value = (char *)(guintptr)g_getenv(name);
    return value && *value ? value : NULL;
}

static void take_environment(struct kx_ctl *ctl, struct parts *parts)
{
    bool addressed = parts->base || parts->host || parts->profile;
    ctl->from = addressed ? "option" : "environment";
    char *secure = environment("HADOOP_SECURE"), *auth = environment("HADOOP_AUTH");
    if (!addressed) {
        parts->base = environment("HADOOP_BASE");
        parts->host = environment("HADOOP_HOST");
        parts->profile = environment("KNOXFS_PROFILE");
    }
    if (!parts->gateway) parts->gateway = environment("HADOOP_GATEWAY");
    if (secure && strcmp(secure, "no") != 0 && strcmp(secure, "0") != 0) parts->secure = true;
    const char *proxy =
        environment(parts->secure || parts->gateway ? "HADOOP_PROXY_HTTPS" : "HADOOP_PROXY_HTTP");
    ctl->proxy = proxy;
    if (auth && !ctl->typed) take_auth(ctl, auth);
    if (auth) g_unsetenv("HADOOP_AUTH");
}

/* One option; *at moves to its value when that is a word of its own. */
static int take_one(struct kx_ctl *ctl, struct parts *parts, int argc, char **argv, int *at,
                    struct kx_error *err)
{
    char *equals = argv[*at][1] == '-' ? strchr(argv[*at], '=') : NULL;
    g_autofree char *word =
        g_strndup(argv[*at], equals ? (gsize)(equals - argv[*at]) : strlen(argv[*at]));
    const struct own *own = own_find(word);
    const struct kx_option_row *row = own ? NULL : row_find(word);
    if (!own && !row)
        return kx_error_set(err, EINVAL, "%s: there is no such option (knoxctl --help lists them)",
                            word);
    bool valued = own ? own->value != NULL : row->value != NULL;
    char *value = equals ? equals + 1 : NULL;
    if (valued && !value && ++*at < argc) value = argv[*at];
    if (valued && !value)
        return kx_error_set(err, EINVAL, "%s: needs a value: %s", word,
                            own ? own->value : row->value);
    if (own)
        take_own(ctl, parts, own, value);
    else
        g_ptr_array_add(ctl->words,
                        value ? g_strconcat(row->name, "=", value, NULL) : g_strdup(row->name));
    return 0;
}

int kx_globals_take(struct kx_ctl *ctl, int *argc, char ***argv, struct kx_error *err)
{
    struct parts parts = {0};
    int at = 1;
    ctl->words = g_ptr_array_new_with_free_func(g_free);
    for (; at < *argc && (*argv)[at][0] == '-' && (*argv)[at][1]; at++) {
        int result = take_one(ctl, &parts, *argc, *argv, &at, err);
        if (result < 0) return result;
    }
    take_environment(ctl, &parts);
    ctl->endpoint = address_of(&parts);
    *argv += MIN(at, *argc);
    *argc -= MIN(at, *argc);
    return 0;
}

static void add_text(GString *text, bool manual, char letter, const char *name, const char *value,
                     const char *help)
{
    g_autofree char *dashed = g_strdelimit(g_strdup(name), "_", '-');
    if (manual) {
        if (letter) g_string_append_printf(text, "*-%c*, ", letter);
        g_string_append_printf(text, "*--%s*", dashed);
        if (value) g_string_append_printf(text, " _%s_", value);
        g_string_append_printf(text, "\n\t%s.\n\n", help);
        return;
    }
    g_autofree char *left = g_strdup_printf("%s%.1s%s--%s %s", letter ? "-" : "", &letter,
                                            letter ? ", " : "", dashed, value ? value : "");
    g_string_append_printf(text, "  %-32s%s\n", left, help);
}

char *kx_globals_text(bool manual)
{
    GString *text = g_string_new(NULL);
    size_t count;
    const struct kx_option_row *rows = kx_option_rows(&count);
    for (size_t i = 0; i < G_N_ELEMENTS(OWN); i++)
        add_text(text, manual, OWN[i].letter, OWN[i].name, OWN[i].value, OWN[i].help);
    for (size_t i = 0; i < count; i++)
        if (is_row_shown(&rows[i]))
            add_text(text, manual, 0, rows[i].name, rows[i].value, rows[i].help);
    return g_string_free(text, FALSE);
}

char **kx_globals_names(void)
{
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    size_t count;
    const struct kx_option_row *rows = kx_option_rows(&count);
    for (size_t i = 0; i < G_N_ELEMENTS(OWN); i++) {
        g_autofree char *word = g_strconcat("--", OWN[i].name, NULL);
        g_strv_builder_add(names, word);
    }
    for (size_t i = 0; i < count; i++) {
        g_autofree char *word = g_strconcat("--", rows[i].name, NULL);
        if (is_row_shown(&rows[i])) g_strv_builder_add(names, g_strdelimit(word, "_", '-'));
    }
    return g_strv_builder_end(names);
}
