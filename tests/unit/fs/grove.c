#include "grove.h"

#include <errno.h>
#include <string.h>

#include "support.h"

static struct grove *grove_of(const struct kx_tree_at *at)
{
    return (struct grove *)(void *)at->mount; /* the engine only hands it on */
}

static int file_text(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    struct grove *g = grove_of(at);
    g->made++;
    if (g->fails) return kx_error_set(err, g->fails, "as the test wants it");
    g_string_append(out, g->content->str);
    return 0;
}

static int thing_names(const struct kx_tree_at *at, GPtrArray *out, struct kx_error *err)
{
    (void)err;
    struct grove *g = grove_of(at);
    g->listed++;
    g_auto(GStrv) names = g_strsplit(g->things, " ", -1);
    for (char **name = names; *name; name++)
        if (**name) g_ptr_array_add(out, g_strdup(*name));
    return 0;
}

static int thing_text(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    g_string_append_printf(out, "%s %s", at->path, kx_tree_bound(at, "thing"));
    return 0;
}

static int part_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    out->mtime_ms = 1000;
    out->mode = 0400;
    return strcmp(kx_tree_bound(at, "part"), "none") == 0 ? kx_error_set(err, ENOENT, "none") : 0;
}

static int part_text(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)err;
    g_string_append_printf(out, "%s of %s", kx_tree_bound(at, "part"), kx_tree_bound(at, "thing"));
    return 0;
}

static int link_text(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    (void)at, (void)err;
    g_string_append(out, "../file");
    return 0;
}

static int note(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    (void)err;
    g_string_append_printf(grove_of(at)->calls, "[%s]", argument ? argument : "");
    return 0;
}

static int refuse(const struct kx_tree_at *at, const char *argument, struct kx_error *err)
{
    (void)at, (void)argument;
    return kx_error_set(err, EPERM, "not today");
}

static bool is_idle(const struct kx_tree_at *at)
{
    return grove_of(at)->idle;
}

static const struct kx_tree_verb VERBS[] = {
    {.name = "say", .argument = "WORDS", .help = "note the words", .run = note},
    {.name = "start", .help = "note nothing", .run = note, .valid = is_idle},
    {.name = "refuse", .help = "never", .run = refuse},
    {.name = NULL},
};

static int stream_open(const struct kx_tree_at *at, void **state, struct kx_error *err)
{
    (void)err;
    *state = grove_of(at);
    return 0;
}

static void stream_close(void *state)
{
    (void)state;
}

static ssize_t stream_read(void *state, char *buffer, size_t size, struct kx_cancel *cancel,
                           int64_t wait_ms)
{
    (void)state, (void)buffer, (void)size, (void)cancel, (void)wait_ms;
    return -EAGAIN;
}

static const struct kx_tree_stream STREAM = {
    .open = stream_open, .close = stream_close, .read = stream_read};

struct many {
    struct grove *grove;
    unsigned next;
};

static int many_open(const struct kx_tree_at *at, void **state, struct kx_error *err)
{
    struct many *many = g_new0(struct many, 1);
    (void)err;
    many->grove = grove_of(at);
    many->grove->open_pages++;
    *state = many;
    return 0;
}

static void many_close(void *state)
{
    ((struct many *)state)->grove->open_pages--;
    g_free(state);
}

static int many_next(void *state, const struct kx_call *call, GPtrArray *values, GArray *looks,
                     struct kx_error *err)
{
    struct many *many = state;
    (void)call;
    many->grove->pages++;
    if (many->grove->fails) return kx_error_set(err, many->grove->fails, "as the test wants it");
    for (unsigned i = 0; i < GROVE_PAGE && many->next < many->grove->many; i++, many->next++) {
        const struct kx_tree_look look = {.mtime_ms = many->next * 1000, .keep_ms = 5};
        g_ptr_array_add(values, g_strdup_printf("%u", many->next));
        g_array_append_val(looks, look);
    }
    return many->next == many->grove->many ? 1 : 0;
}

static const struct kx_tree_pages PAGES = {
    .open = many_open, .close = many_close, .next = many_next};

static int many_look(const struct kx_tree_at *at, struct kx_tree_look *out, struct kx_error *err)
{
    (void)out;
    return g_ascii_strtoull(kx_tree_bound(at, "thing"), NULL, 10) < grove_of(at)->many
               ? 0
               : kx_error_set(err, ENOENT, "none");
}

static const struct kx_tree_row ROWS[] = {
    {.pattern = "/t", .kind = KX_TREE_DIRECTORY, .help = "A tree"},
    {.pattern = "/t/file", .kind = KX_TREE_DOCUMENT, .help = "a file", .text = file_text},
    {.pattern = "/t/value", .kind = KX_TREE_VALUE, .mode = 0400, .help = "one", .text = file_text},
    {.pattern = "/t/dear",
     .kind = KX_TREE_DOCUMENT,
     .flags = KX_TREE_DEAR,
     .help = "made when it is opened",
     .text = file_text},
    {.pattern = "/t/unseen",
     .kind = KX_TREE_DOCUMENT,
     .flags = KX_TREE_UNLISTED,
     .help = "found by name",
     .text = file_text},
    {.pattern = "/t/stream", .kind = KX_TREE_STREAM, .help = "goes on", .stream = &STREAM},
    {.pattern = "/t/ctl", .kind = KX_TREE_CTL, .help = "verbs", .verbs = VERBS},
    {.pattern = "/t/things", .kind = KX_TREE_DIRECTORY, .help = "Things"},
    {.pattern = "/t/things/{thing}",
     .kind = KX_TREE_DIRECTORY,
     .help = "a thing",
     .names = thing_names},
    {.pattern = "/t/things/{thing}.txt",
     .kind = KX_TREE_VALUE,
     .help = "its text",
     .text = thing_text,
     .names = thing_names},
    {.pattern = "/t/many",
     .kind = KX_TREE_DIRECTORY,
     .flags = KX_TREE_UNLISTED,
     .help = "Any number"},
    {.pattern = "/t/many/{thing}",
     .kind = KX_TREE_DIRECTORY,
     .help = "as a thing",
     .same_as = "/t/things/{thing}",
     .pages = &PAGES,
     .look = many_look},
    {.pattern = "/t/things/fixed", .kind = KX_TREE_LINK, .help = "a link", .text = link_text},
    {.pattern = "/t/things/{thing}/{part}",
     .kind = KX_TREE_VALUE,
     .help = "a part",
     .text = part_text,
     .look = part_look},
};

struct kx_tree_rows grove_rows(void)
{
    return (struct kx_tree_rows){ROWS, G_N_ELEMENTS(ROWS)};
}

void grove_plant(struct grove *g, const char *vroot, bool hidden)
{
    kx_tree_free(g->tree);
    const struct kx_tree_config config = {.mount = (struct kx_mount *)(void *)g,
                                          .clock = &g->clock.clock,
                                          .owner = 1000,
                                          .group = 100,
                                          .vroot = vroot,
                                          .hidden = hidden};
    const struct kx_tree_rows rows = grove_rows();
    assert_int_equal(kx_tree_new(&config, &rows, 1, &g->tree, NULL), 0);
}

int grove_setup(void **state)
{
    struct grove *g = g_new0(struct grove, 1);
    fake_clock_init(&g->clock);
    g->content = g_string_new("content\n");
    g->calls = g_string_new(NULL);
    g->things = "a b";
    grove_plant(g, NULL, false);
    *state = g;
    return 0;
}

int grove_teardown(void **state)
{
    struct grove *g = *state;
    unsigned left = kx_tree_count(g->tree);
    kx_tree_free(g->tree);
    g_string_free(g->content, TRUE);
    g_string_free(g->calls, TRUE);
    g_free(g);
    assert_int_equal(left, 0);
    return 0;
}

static int walk(struct grove *g, const char *path, struct kx_tree_node **out)
{
    g_auto(GStrv) names = g_strsplit(path + 1, "/", -1);
    g_autoptr(kx_tree_node) node = NULL;
    for (char **name = names; *name; name++) {
        struct kx_tree_node *child = NULL;
        struct stat st;
        int result = kx_tree_lookup(g->tree, node, *name, NULL, &child, &st, NULL);
        if (result < 0) return result;
        kx_tree_node_unref(node);
        node = child;
    }
    *out = g_steal_pointer(&node);
    return 0;
}

struct kx_tree_node *grove_find(struct grove *g, const char *path)
{
    struct kx_tree_node *node = NULL;
    if (walk(g, path, &node) < 0) fail_msg("%s is not there", path);
    return node;
}

int grove_look(struct grove *g, const char *path)
{
    g_autoptr(kx_tree_node) node = NULL;
    return walk(g, path, &node);
}

struct kx_tree_file *grove_open(struct grove *g, const char *path, int flags)
{
    static const struct kx_tree_who WHO = {.uid = 1000, .thread = 1};
    g_autoptr(kx_tree_node) node = grove_find(g, path);
    struct kx_tree_file *file = NULL;
    assert_int_equal(kx_tree_open(node, flags, &WHO, NULL, &file, NULL), 0);
    return file;
}

GBytes *grove_read(struct kx_tree_file *file, int64_t offset, size_t size)
{
    GBytes *piece = NULL;
    assert_int_equal(kx_tree_read(file, offset, size, NULL, &piece, NULL), 0);
    return piece;
}
