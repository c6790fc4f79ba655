/* --help and the man page's list of options, from the table. */
#include <string.h>

#include "conf/options_table.h"

#define HELP_COLUMN  32
#define HELP_COLUMNS 100

/* One option, its text in lines of HELP_COLUMNS. */
static void help_line(GString *text, const char *left, const char *help)
{
    g_string_append_printf(text, "  %-*s", HELP_COLUMN, left);
    if (strlen(left) >= HELP_COLUMN) g_string_append_printf(text, "\n%*s", HELP_COLUMN + 2, "");
    g_auto(GStrv) words = g_strsplit(help, " ", -1);
    size_t column = HELP_COLUMN + 2;
    for (char **word = words; *word; word++) {
        bool first = column == HELP_COLUMN + 2;
        if (!first && column + 1 + strlen(*word) > HELP_COLUMNS) {
            g_string_append_printf(text, "\n%*s", HELP_COLUMN + 2, "");
            column = HELP_COLUMN + 2;
            first = true;
        }
        g_string_append_printf(text, "%s%s", first ? "" : " ", *word);
        column += strlen(*word) + (first ? 0 : 1);
    }
    g_string_append_c(text, '\n');
}

char *kx_options_help(void)
{
    GString *text = g_string_new(
        "usage: knoxfs [-o OPTION,...] [-f] ENDPOINT MOUNTPOINT\n"
        "Mount an HDFS file system over HTTP; `fusermount3 -u MOUNTPOINT` unmounts it.\n\n"
        "ENDPOINT\n");
    help_line(text, "http://HOST[:PORT][/PATH]",
              "a NameNode (port 9870) or an HttpFS server; PATH becomes the root");
    help_line(text, "webhdfs://HOST[:PORT]/PATH",
              "the same in Hadoop's words; swebhdfs:// and https:// with TLS (9871)");
    help_line(text, "https://HOST:PORT/gateway/TOPOLOGY[/PATH]", "an Apache Knox gateway");
    help_line(text, "NAME:[/PATH]",
              "a profile of knoxfs.conf, or a nameservice of Hadoop's own configuration");
    g_string_append(text, "\nOPTIONS\n");
    size_t count;
    const struct kx_flag_row *flags = kx_flag_rows(&count);
    for (size_t i = 0; i < count; i++) {
        g_autofree char *left = g_strdup_printf("-%c, --%s", flags[i].letter, flags[i].word);
        help_line(text, left, flags[i].help);
    }
    help_line(text, "-o OPTION[=VALUE],...", "one or more of:");
    const struct kx_option_row *rows = kx_option_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].help) continue;
        g_autofree char *left = rows[i].value
                                    ? g_strdup_printf("   %s=%s", rows[i].name, rows[i].value)
                                    : g_strdup_printf("   %s", rows[i].name);
        help_line(text, left, rows[i].help);
    }
    g_string_append(
        text, "Words of mount(8) and fstab (rw, nosuid, noexec, _netdev, x-...) are understood.\n");
    return g_string_free(text, FALSE);
}

char *kx_options_manual(void)
{
    GString *text = g_string_new(NULL);
    size_t count;
    const struct kx_option_row *rows = kx_option_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].help) continue;
        g_string_append_printf(text, "*%s*", rows[i].name);
        if (rows[i].value) g_string_append_printf(text, "=_%s_", rows[i].value);
        g_string_append_printf(text, "\n\t%s.\n\n", rows[i].help);
    }
    return g_string_free(text, FALSE);
}
