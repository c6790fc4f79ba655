/* --help, the manual page and the shell's completion, from the tables. */
#include <string.h>

#include "tools/knoxctl/ctl.h"

static const char USAGE[] = "usage: knoxctl [OPTION...] COMMAND [ARGUMENT...]\n";

static void add_command(GString *text, const struct kx_ctl_command *command)
{
    g_autofree char *left = g_strdup_printf("%s %s", command->name, command->operands);
    g_string_append_printf(text, "  %-32s%s\n", left, command->help);
}

static char *help_of(const struct kx_ctl_command *command)
{
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "usage: knoxctl [OPTION...] %s [OPTION...] %s\n%s.\n\n%s\n",
                           command->name, command->operands, command->help, command->more);
    if (command->flags->name) g_string_append(text, "\nOPTIONS\n");
    for (const struct kx_ctl_flag *flag = command->flags; flag->name; flag++) {
        g_autofree char *left =
            g_strdup_printf("--%s %s", flag->name, flag->value ? flag->value : "");
        g_string_append_printf(text, "  %-32s%s\n", left, flag->help);
    }
    return g_string_free(text, FALSE);
}

char *kx_ctl_help(const struct kx_ctl_command *command)
{
    if (command) return help_of(command);
    GString *text = g_string_new(USAGE);
    size_t count;
    const struct kx_ctl_command *commands = kx_ctl_commands(&count);
    g_autofree char *globals = kx_globals_text(false);
    g_string_append(text, "Clusters from the command line, as knoxfs mounts them.\n\nCOMMANDS\n");
    for (size_t i = 0; i < count; i++)
        add_command(text, &commands[i]);
    g_string_append_printf(text,
                           "  %-32s%s\n\nNAME is a profile of /etc/knoxfs.conf or "
                           "~/.config/knoxfs/knoxfs.conf, URL an address as knoxfs takes it.\n"
                           "\nOPTIONS in front of the command\n%s",
                           "help [COMMAND]", "this, or what one command does (COMMAND --help, too)",
                           globals);
    return g_string_free(text, FALSE);
}

/* Plain text as scdoc wants it. */
static void add_plain(GString *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("*_\\#", *text)) g_string_append_c(out, '\\');
        g_string_append_c(out, *text);
        if (*text == '\n') g_string_append_c(out, '\n');
    }
}

char *kx_ctl_manual(void)
{
    GString *text = g_string_new("# COMMANDS\n\n");
    size_t count;
    const struct kx_ctl_command *commands = kx_ctl_commands(&count);
    for (size_t i = 0; i < count; i++) {
        const struct kx_ctl_command *command = &commands[i];
        g_string_append_printf(text, "## knoxctl %s %s\n\n%c", command->name, command->operands,
                               g_ascii_toupper(*command->help));
        add_plain(text, command->help + 1);
        g_string_append(text, ".\n\n");
        add_plain(text, command->more);
        g_string_append(text, "\n\n");
        for (const struct kx_ctl_flag *flag = command->flags; flag->name; flag++) {
            g_string_append_printf(text, "*--%s*", flag->name);
            if (flag->value) g_string_append_printf(text, " _%s_", flag->value);
            g_string_append(text, "\n\t");
            add_plain(text, flag->help);
            g_string_append(text, ".\n\n");
        }
    }
    g_autofree char *globals = kx_globals_text(true);
    g_string_append_printf(text,
                           "# OPTIONS\n\nIn front of the command; what is not about commands is an "
                           "option of *knoxfs*(8), too.\n\n%s",
                           globals);
    return g_string_free(text, FALSE);
}

char *kx_ctl_completion(void)
{
    GString *text = g_string_new("# bash completion of knoxctl, made from its table of commands\n"
                                 "_knoxctl()\n{\n"
                                 "    local word=${COMP_WORDS[COMP_CWORD]} command= i\n"
                                 "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                                 "        case ${COMP_WORDS[i]} in\n");
    size_t count;
    const struct kx_ctl_command *commands = kx_ctl_commands(&count);
    g_auto(GStrv) globals = kx_globals_names();
    g_autofree char *global = g_strjoinv(" ", globals);
    g_autoptr(GString) names = g_string_new(NULL);
    for (size_t i = 0; i < count; i++)
        g_string_append_printf(names, "%s%s", i ? " " : "", commands[i].name);
    g_string_append(names, " help");
    g_autofree char *any = g_strdelimit(g_strdup(names->str), " ", '|');
    g_string_append_printf(text,
                           "            %s) command=${COMP_WORDS[i]} ;;\n"
                           "        esac\n    done\n    local words\n    case $command in\n",
                           any);
    for (size_t i = 0; i < count; i++) {
        g_string_append_printf(text, "        %s) words='--help", commands[i].name);
        for (const struct kx_ctl_flag *flag = commands[i].flags; flag->name; flag++)
            g_string_append_printf(text, " --%s", flag->name);
        g_string_append(text, "' ;;\n");
    }
    g_string_append_printf(text,
                           "        help) words='%s' ;;\n"
                           "        *) words='%s %s' ;;\n    esac\n"
                           "    if [[ $command && $command != help && $word != -* ]]; then\n"
                           "        words=$(knoxctl config --list 2> /dev/null | cut -f 1)\n"
                           "    fi\n"
                           "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n}\n"
                           "complete -o default -F _knoxctl knoxctl\n",
                           names->str, names->str, global);
    return g_string_free(text, FALSE);
}
