#include "rest/url_list.h"

#include <string.h>

/* Does "SCHEME://" begin here?  @return its length; 0: no. */
static size_t scheme_at(const char *text)
{
    size_t length = strspn(text, G_CSET_A_2_Z G_CSET_a_2_z);
    return length && g_str_has_prefix(text + length, "://") ? length + 3 : 0;
}

/* Where the next URL of a list begins, behind its comma; or the end. */
static const char *next_url(const char *text)
{
    for (const char *at = strchr(text, ','); at; at = strchr(at + 1, ','))
        if (scheme_at(at + 1)) return at + 1;
    return text + strlen(text);
}

/* One URL whose authority may be a list. */
static void add_hosts(GPtrArray *urls, const char *url, const char *last_path)
{
    size_t scheme = scheme_at(url), hosts = strcspn(url + scheme, "/?#");
    const char *own = url + scheme + hosts;
    const char *path = *own && strcmp(own, "/") != 0 ? own : last_path;
    g_autofree char *list = g_strndup(url + scheme, hosts);
    g_auto(GStrv) names = g_strsplit(list, ",", -1);
    if (!names[0]) g_ptr_array_add(urls, g_strdup(url));
    for (char **name = names; *name; name++)
        g_ptr_array_add(urls, g_strdup_printf("%.*s%s%s", (int)scheme, url, *name, path));
}

char **kx_url_list(const char *text)
{
    g_autoptr(GPtrArray) whole = g_ptr_array_new_with_free_func(g_free);
    GPtrArray *urls = g_ptr_array_new();
    for (const char *at = text, *next; *at; at = next) {
        next = next_url(at);
        g_ptr_array_add(whole, g_strndup(at, (gsize)(next - at) - (*next ? 1 : 0)));
    }
    const char *last = whole->len ? g_ptr_array_index(whole, whole->len - 1) : "";
    const char *path = last + scheme_at(last);
    path += strcspn(path, "/?#");
    for (guint i = 0; i < whole->len; i++)
        add_hosts(urls, g_ptr_array_index(whole, i), path);
    if (!urls->len) g_ptr_array_add(urls, g_strdup(text));
    g_ptr_array_add(urls, NULL);
    return (char **)g_ptr_array_free(urls, FALSE);
}
