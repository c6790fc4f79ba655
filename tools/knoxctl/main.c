/* knoxctl: clusters from the command line. Parses, finds the command, runs it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rest/kerberos.h"
#include "tools/knoxctl/ctl.h"

#define NO_COMMAND "%s: there is no such command (knoxctl help lists them)"

static const struct kx_ctl_command *find(const char *name)
{
    size_t count;
    const struct kx_ctl_command *commands = kx_ctl_commands(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    return NULL;
}

static const struct kx_ctl_flag *find_flag(const struct kx_ctl_command *command, const char *name)
{
    for (const struct kx_ctl_flag *flag = command->flags; flag->name; flag++)
        if (strcmp(flag->name, name) == 0) return flag;
    return NULL;
}

/* One option of a command; *at moves to its value. */
static int take_flag(const struct kx_ctl_command *command, char **argv, int *at, GHashTable *flags,
                     struct kx_error *err)
{
    g_auto(GStrv) sides = g_strsplit(argv[*at] + 2, "=", 2);
    const struct kx_ctl_flag *flag =
        argv[*at][1] == '-' && sides[0] ? find_flag(command, sides[0]) : NULL;
    if (!flag)
        return kx_error_set(err, EINVAL, "%s: there is no such option (knoxctl %s --help)",
                            argv[*at], command->name);
    const char *value = sides[1];
    if (flag->value && !value) value = argv[++*at];
    if (flag->value && !value)
        return kx_error_set(err, EINVAL, "--%s: needs a value: %s", flag->name, flag->value);
    g_hash_table_replace(flags, g_strdup(flag->name), g_strdup(value ? value : ""));
    return 0;
}

static int take_arguments(const struct kx_ctl_command *command, char **argv, GPtrArray *operands,
                          GHashTable *flags, struct kx_error *err)
{
    bool only = false;
    int result = 0;
    for (int i = 0; argv[i] && result == 0; i++) {
        if (!only && strcmp(argv[i], "--") == 0)
            only = true;
        else if (!only && argv[i][0] == '-' && argv[i][1])
            result = take_flag(command, argv, &i, flags, err);
        else
            g_ptr_array_add(operands, argv[i]);
        if (result == 0 && !argv[i]) break;
    }
    if (result == 0 && (operands->len < command->least || operands->len > command->most))
        result = kx_error_set(err, EINVAL, "%s %s: too %s operands", command->name,
                              command->operands, operands->len > command->most ? "many" : "few");
    g_ptr_array_add(operands, NULL);
    return result;
}

static bool asks_for_help(char **argv)
{
    for (; *argv && strcmp(*argv, "--") != 0; argv++)
        if (strcmp(*argv, "--help") == 0 || strcmp(*argv, "-h") == 0) return true;
    return false;
}

static int run_command(struct kx_ctl *ctl, const struct kx_ctl_command *command, char **argv)
{
    KX_ERROR_AUTO(err);
    if (asks_for_help(argv)) {
        g_autofree char *help = kx_ctl_help(command);
        return fputs(help, stdout) < 0;
    }
    g_autoptr(GPtrArray) operands = g_ptr_array_new();
    g_autoptr(GHashTable) flags = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (take_arguments(command, argv, operands, flags, &err) < 0) return kx_ctl_complain(&err);
    const struct kx_ctl_call call = {.ctl = ctl,
                                     .command = command,
                                     .operands = (const char *const *)operands->pdata,
                                     .flags = flags};
    return command->run(&call);
}

/* What the build asks for. */
static char *made_text(const char *word)
{
    if (strcmp(word, "@manual") == 0) return kx_ctl_manual();
    if (strcmp(word, "@completion") == 0) return kx_ctl_completion();
    return NULL;
}

/* "help" and "help COMMAND". */
static int say_help(char **argv)
{
    KX_ERROR_AUTO(err);
    const struct kx_ctl_command *command = *argv ? find(*argv) : NULL;
    if (*argv && !command)
        kx_error_set(&err, EINVAL, NO_COMMAND, *argv);
    else if (*argv && argv[1])
        kx_error_set(&err, EINVAL, "help [COMMAND]: too many operands");
    if (err.code) return kx_ctl_complain(&err);
    g_autofree char *help = kx_ctl_help(command);
    return fputs(help, stdout) < 0;
}

static int run(struct kx_ctl *ctl, char **argv)
{
    KX_ERROR_AUTO(err);
    const struct kx_ctl_command *command = *argv ? find(*argv) : NULL;
    g_autofree char *text = *argv ? made_text(*argv) : NULL;
    if (ctl->version) text = g_strdup_printf("knoxctl %s\n", KX_VERSION);
    if (ctl->help) text = kx_ctl_help(command);
    if (text) return fputs(text, stdout) < 0;
    if (command) return run_command(ctl, command, argv + 1);
    if (*argv && strcmp(*argv, "help") == 0) return say_help(argv + 1);
    if (*argv)
        kx_error_set(&err, EINVAL, NO_COMMAND, *argv);
    else
        kx_error_set(&err, EINVAL, "a command is missing (knoxctl help lists them)");
    return kx_ctl_complain(&err);
}

int main(int argc, char **argv)
{
    struct kx_ctl ctl = {0};
    KX_ERROR_AUTO(err);
    if (kx_kerberos_is_child(argc, argv)) return kx_kerberos_main(argv);
    int status =
        kx_globals_take(&ctl, &argc, &argv, &err) < 0 ? kx_ctl_complain(&err) : run(&ctl, argv);
    kx_ctl_clear(&ctl);
    return status;
}
