/* The README of a directory, from the table. */
#include "fs/tree/tree_private.h"

#define NAME_COLUMN 18

static char *shown_name(const struct kx_tree_place *place)
{
    if (!place->variable) return g_strdup(place->prefix);
    g_autofree char *variable = g_ascii_strup(place->variable, -1);
    return g_strconcat(place->prefix, variable, place->suffix, NULL);
}

static const char *remark(const struct kx_tree_row *row)
{
    if (row->kind == KX_TREE_STREAM) return "; reading waits for more, and it is not listed";
    return row->flags & KX_TREE_UNLISTED ? "; not listed" : "";
}

static void add_verbs(GString *out, const struct kx_tree_verb *verbs)
{
    for (; verbs && verbs->name; verbs++) {
        g_autofree char *words =
            g_strjoin(verbs->argument ? " " : NULL, verbs->name, verbs->argument, NULL);
        g_string_append_printf(out, "%-*s  echo %s: %s\n", NAME_COLUMN, "", words, verbs->help);
    }
}

void kx_tree_readme(const struct kx_tree_place *directory, GString *out)
{
    g_string_append_printf(out, "%s.\n\n", directory->row->help);
    for (guint i = 0; i < directory->children->len; i++) {
        const struct kx_tree_place *child = g_ptr_array_index(directory->children, i);
        g_autofree char *name = shown_name(child);
        const char *slash = child->children ? "/" : "";
        g_autofree char *left = g_strconcat(name, slash, NULL);
        g_string_append_printf(out, "%-*s  %s%s\n", NAME_COLUMN, left, child->row->help,
                               remark(child->row));
        add_verbs(out, child->row->verbs);
    }
}

int kx_tree_readme_text(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    kx_tree_readme(at->place->parent, out);
    return 0;
}
