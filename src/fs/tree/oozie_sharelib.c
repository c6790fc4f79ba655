/* The server's own libraries. */
#include <errno.h>
#include <string.h>

#include "fs/tree/oozie_private.h"
#include "fs/tree/shared.h"

int kx_oozie_libraries(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    struct kx_oozie *oozie = kx_oozie_of(at, err);
    g_autoptr(kx_answer) answer = NULL;
    int result =
        oozie ? kx_oozie_admin(oozie, "admin/list_sharelib", at->call, &answer, err) : -ENOENT;
    if (result < 0) return result;
    const struct kx_item *all = kx_item_at(kx_answer_root(answer), "sharelib");
    for (size_t i = 0; i < kx_item_count(all); i++) {
        g_autofree char *name = kx_item_text(kx_item_element(all, i), "name");
        if (kx_shared_is_name(name)) g_ptr_array_add(out, g_steal_pointer(&name));
    }
    return 0;
}

/* All files of a library, as paths. */
static int paths_of(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    g_autoptr(GString) what = g_string_new("admin/list_sharelib");
    g_autoptr(kx_answer) answer = NULL;
    struct kx_oozie *oozie = kx_oozie_of(at, err);
    kx_url_append_query(what, "lib", kx_tree_bound(at, "library"));
    int result = oozie ? kx_oozie_admin(oozie, what->str, at->call, &answer, err) : -ENOENT;
    if (result < 0) return result;
    const struct kx_item *libraries = kx_item_at(kx_answer_root(answer), "sharelib");
    const struct kx_item *files =
        kx_item_count(libraries) ? kx_item_at(kx_item_element(libraries, 0), "files") : NULL;
    for (size_t i = 0; i < kx_item_count(files); i++) {
        char *path = kx_item_value(kx_item_element(files, i));
        if (path) g_ptr_array_add(out, path);
    }
    return 0;
}

int kx_oozie_library_files(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    int result = paths_of(at, paths, err);
    for (guint i = 0; i < paths->len; i++) {
        g_autofree char *name = g_path_get_basename(g_ptr_array_index(paths, i));
        if (kx_shared_is_name(name)) g_ptr_array_add(out, g_steal_pointer(&name));
    }
    return result;
}

int kx_oozie_library_file(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    const char *wanted = kx_tree_bound(at, "file");
    int result = paths_of(at, paths, err);
    for (guint i = 0; i < paths->len; i++) {
        g_autofree char *name = g_path_get_basename(g_ptr_array_index(paths, i));
        if (strcmp(name, wanted) != 0) continue;
        g_string_append(out, g_ptr_array_index(paths, i));
        return 0;
    }
    return result < 0 ? result : kx_error_set(err, ENOENT, "the library has no %s", wanted);
}
