/* The table of inodes under threads that look up, forget, move and remove at once. */
#include "fs/names/inode.h"
#include "support.h"

#define THREADS 4
#define TURNS   4000
#define NAMES   6

struct actor {
    struct kx_inodes *inodes;
    GRand *chance;
    GArray *known; /* of uint64_t: what this kernel was told of, once each */
    int wrong;
};

static struct kx_inode *some_directory(struct actor *actor)
{
    struct kx_inode *root = kx_inodes_find(actor->inodes, KX_ROOT_NODE);
    char name[] = {'d', (char)('0' + g_rand_int_range(actor->chance, 0, 2)), '\0'};
    const struct kx_status status = {.type = KX_TYPE_DIRECTORY, .file_id = (uint64_t)name[1] + 100};
    struct kx_inode *directory = kx_inodes_adopt(actor->inodes, root, name, &status, UINT64_MAX, 1);
    kx_inode_unref(root);
    return directory;
}

static void look_up(struct actor *actor, struct kx_inode *directory, const char *name)
{
    const struct kx_status status = {.type = KX_TYPE_FILE,
                                     .file_id = (uint64_t)g_rand_int_range(actor->chance, 1, 4)};
    g_autoptr(kx_inode) inode =
        kx_inodes_adopt(actor->inodes, directory, name, &status, UINT64_MAX, 1);
    kx_inode_looked_up(inode);
    g_array_append_val(actor->known, inode->node);
}

static void forget_one(struct actor *actor)
{
    if (actor->known->len == 0) return;
    guint i = (guint)g_rand_int_range(actor->chance, 0, (gint32)actor->known->len);
    uint64_t node = g_array_index(actor->known, uint64_t, i);
    g_autoptr(kx_inode) inode = kx_inodes_find(actor->inodes, node);
    if (!inode || inode->node != node) actor->wrong++; /* what the kernel knows is there */
    kx_inodes_forget(actor->inodes, node, 1);
    g_array_remove_index_fast(actor->known, i);
}

static void look_at(struct actor *actor, struct kx_inode *directory, const char *name)
{
    g_autoptr(kx_inode) inode = kx_inodes_child(actor->inodes, directory, name);
    if (!inode) return;
    struct kx_status status = {0};
    g_autofree char *path = kx_inode_path(inode);
    g_autoptr(kx_inode) parent = NULL;
    g_autofree char *its_name = NULL;
    bool placed = kx_inode_place(inode, &parent, &its_name);
    if (placed && parent->directory != true) actor->wrong++;
    if (path && path[0] != '/') actor->wrong++;
    kx_inode_status(inode, &status, 2);
    kx_inode_changed(inode, false, 5, 5);
    (void)kx_inode_keep_pages(inode);
}

static gpointer act(gpointer data)
{
    struct actor *actor = data;
    for (int i = 0; i < TURNS; i++) {
        struct kx_inode *directory = some_directory(actor), *other = some_directory(actor);
        char name[] = {(char)('a' + g_rand_int_range(actor->chance, 0, NAMES)), '\0'};
        char to[] = {(char)('a' + g_rand_int_range(actor->chance, 0, NAMES)), '\0'};
        switch (g_rand_int_range(actor->chance, 0, 6)) {
        case 0:
        case 1:
            look_up(actor, directory, name);
            break;
        case 2:
            forget_one(actor);
            break;
        case 3:
            kx_inodes_move(actor->inodes, directory, name, other, to);
            break;
        case 4:
            kx_inodes_remove(actor->inodes, directory, name);
            break;
        default:
            look_at(actor, directory, name);
        }
        kx_inode_unref(directory);
        kx_inode_unref(other);
    }
    while (actor->known->len > 0)
        forget_one(actor);
    return NULL;
}

static void nothing_is_lost_or_freed_too_early(void **state)
{
    (void)state;
    const struct kx_status root = {.type = KX_TYPE_DIRECTORY, .file_id = 99};
    g_autoptr(kx_inodes) inodes = kx_inodes_new("/", &root, 1);
    struct actor actors[THREADS];
    GThread *threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        actors[i] = (struct actor){.inodes = inodes,
                                   .chance = g_rand_new_with_seed((guint32)i + 1),
                                   .known = g_array_new(FALSE, FALSE, sizeof(uint64_t))};
        threads[i] = g_thread_new("actor", act, &actors[i]);
    }
    for (int i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(actors[i].wrong, 0);
        g_rand_free(actors[i].chance);
        g_array_free(actors[i].known, TRUE);
    }
    assert_int_equal(kx_inodes_count(inodes), 1); /* all is forgotten but the root */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_lost_or_freed_too_early)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
