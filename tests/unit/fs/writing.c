#include "writing.h"

#include <glib/gstdio.h>

#include "fs/data/reader.h"
#include "fs/data/uploader.h"
#include "fs/errors.h"
#include "fs/journal/journal.h"
#include "fs/names/pages.h"
#include "fs/names/replace.h"

int writing_setup(void **state)
{
    struct writing *w = g_new0(struct writing, 1);
    fake_clock_init(&w->clock);
    w->client = fake_files_new();
    w->options.stage_dir = (char *)(uintptr_t)g_get_tmp_dir();
    const struct kx_status folder = {.type = KX_TYPE_DIRECTORY, .file_id = 1};
    w->mount = (struct kx_mount){.options = &w->options,
                                 .clock = &w->clock.clock,
                                 .pool = kx_pool_new(2),
                                 .client = w->client,
                                 .inodes = kx_inodes_new("/", &folder, 1),
                                 .errors = kx_errors_new(NULL, &w->clock.clock),
                                 .writers = kx_writers_new(),
                                 .pages = kx_pages_new(),
                                 .id = (char *)(uintptr_t)WRITING_ID};
    w->root = kx_inodes_find(w->mount.inodes, KX_ROOT_NODE);
    const struct kx_status below = {.type = KX_TYPE_DIRECTORY, .file_id = 2};
    w->d = kx_inodes_adopt(w->mount.inodes, w->root, "d", &below, UINT64_MAX, 1);
    *state = w;
    return 0;
}

static void remove_folder(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            remove_folder(path);
        else
            g_unlink(path);
    }
    g_rmdir(folder);
}

static void end_journal(struct writing *w)
{
    kx_uploader_free(w->mount.uploader);
    kx_journal_close(w->mount.journal);
    kx_cancel_unref(w->mount.ending);
    if (w->folder) remove_folder(w->folder);
    g_free(w->folder);
}

void writing_journal(struct writing *w, enum kx_write_how write)
{
    KX_ERROR_AUTO(err);
    if (!w->folder) w->folder = g_dir_make_tmp("knoxfs-test-XXXXXX", NULL);
    w->options.stage_dir = w->folder;
    w->options.write = write;
    const struct kx_journal_config config = {
        .folder = w->folder, .service = "service", .mount = WRITING_ID, .now_ms = 1};
    if (kx_journal_open(&config, &w->mount.journal, &err) < 0) fail_msg("%s", err.message);
    w->mount.uploader = kx_uploader_new(&w->mount);
    w->mount.ending = kx_cancel_new();
}

void writing_drain(struct writing *w)
{
    assert_int_equal(kx_uploader_finish(w->mount.uploader, NULL), 0);
}

void writing_check_records(struct writing *w, const char *expected)
{
    g_autoptr(GPtrArray) records = kx_journal_records(w->mount.journal);
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < records->len; i++) {
        const struct kx_record *record = g_ptr_array_index(records, i);
        g_string_append_printf(text, "%s %s %d %s\n", kx_record_state_name(record->state),
                               record->path, (int)record->length,
                               record->reason ? record->reason : "-");
    }
    assert_string_equal(text->str, expected);
}

unsigned writing_copies(struct writing *w)
{
    unsigned count = 0;
    g_autoptr(GDir) dir = g_dir_open(kx_journal_folder(w->mount.journal), 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(dir)))
        count += g_str_has_suffix(name, ".part");
    return count;
}

void writing_acknowledge(struct kx_writer *writer)
{
    KX_ERROR_AUTO(err);
    if (kx_writer_acknowledge(writer, NULL, &err) != 0)
        fail_msg("not acknowledged: %s", err.message);
}

void writing_check_read(struct kx_writer *writer, int64_t offset, size_t size, const char *expected)
{
    KX_ERROR_AUTO(err);
    struct kx_slices slices;
    kx_slices_init(&slices);
    int result = kx_writer_read(writer, offset, size, NULL, &slices, &err);
    g_autoptr(GString) got = g_string_new(NULL);
    for (guint i = 0; i < slices.pieces->len; i++) {
        const struct iovec *piece = &g_array_index(slices.pieces, struct iovec, i);
        g_string_append_len(got, piece->iov_base, (gssize)piece->iov_len);
    }
    kx_slices_clear(&slices);
    if (result != 1) fail_msg("read: %d %s", result, err.message);
    assert_string_equal(got->str, expected);
}

void writing_held(struct writing *w, enum kx_write_base base, const char *text)
{
    fake_files_hold(w->client, "CREATE");
    struct kx_writer *writer = writing_open(w, base);
    writing_put(writer, 0, text);
    writing_acknowledge(writer);
    kx_writer_close(writer);
}

void writing_let_go(struct writing *w)
{
    fake_files_hold(w->client, NULL);
    writing_drain(w);
}

int writing_teardown(void **state)
{
    struct writing *w = *state;
    end_journal(w);
    kx_inode_unref(w->inode);
    kx_inode_unref(w->d);
    kx_inode_unref(w->root);
    unsigned left = kx_inodes_count(w->mount.inodes);
    unsigned blocks = kx_pool_in_use(w->mount.pool);
    kx_inodes_free(w->mount.inodes);
    kx_writers_free(w->mount.writers);
    kx_errors_free(w->mount.errors);
    kx_pages_free(w->mount.pages);
    if (blocks == 0) kx_pool_free(w->mount.pool);
    struct kx_client *client = w->client;
    g_free(w);
    fake_files_free(client);
    assert_int_equal(left, 1); /* the root: every writer has let go of its inode */
    assert_int_equal(blocks, 0);
    return 0;
}

static struct kx_writer *open_writer(struct writing *w, const struct kx_write_opts *opts)
{
    KX_ERROR_AUTO(err);
    struct kx_writer *writer = NULL;
    if (kx_writer_open(&w->mount, w->inode, opts, NULL, &writer, &err) != 0)
        fail_msg("cannot open: %s", err.message);
    return writer;
}

static void adopt_inode(struct writing *w)
{
    if (w->inode) return;
    struct kx_status status = {.mode = 0644};
    int there = kx_webhdfs_stat(w->client, "/d/a", NULL, &status, NULL);
    w->inode = kx_inodes_adopt(w->mount.inodes, w->d, "a", &status, UINT64_MAX, there == 0);
    kx_status_clear(&status);
    g_free(fake_files_requests(w->client));
}

struct kx_writer *writing_open(struct writing *w, enum kx_write_base base)
{
    adopt_inode(w);
    struct kx_status status = {0};
    kx_inode_status(w->inode, &status, 1);
    const struct kx_write_opts opts = {.base = base,
                                       .mode = 0644,
                                       .length = status.length,
                                       .seen = {status.file_id, status.mtime_ms}};
    kx_status_clear(&status);
    return open_writer(w, &opts);
}

struct kx_writer *writing_open_exclusive(struct writing *w)
{
    adopt_inode(w);
    const struct kx_write_opts opts = {.base = KX_WRITE_NEW, .exclusive = true, .mode = 0644};
    return open_writer(w, &opts);
}

int writing_write(struct kx_writer *writer, int64_t offset, const char *text, struct kx_error *err)
{
    return kx_writer_write(writer, offset, false, text, strlen(text), NULL, err);
}

void writing_put(struct kx_writer *writer, int64_t offset, const char *text)
{
    KX_ERROR_AUTO(err);
    if (writing_write(writer, offset, text, &err) != 0)
        fail_msg("cannot write \"%s\": %s", text, err.message);
}

void writing_publish(struct kx_writer *writer)
{
    KX_ERROR_AUTO(err);
    if (kx_writer_publish(writer, NULL, &err) != 0) fail_msg("cannot publish: %s", err.message);
}

void writing_check_requests(struct writing *w, const char *expected)
{
    g_autofree char *requests = fake_files_requests(w->client);
    assert_string_equal(requests, expected);
}

void writing_check_file(struct writing *w, const char *path, const char *expected)
{
    g_autofree char *content = fake_files_get(w->client, path);
    if (g_strcmp0(content, expected) != 0)
        fail_msg("in %s is \"%s\" instead of \"%s\"", path, content, expected);
}

void writing_check_only(struct writing *w, const char *expected)
{
    writing_check_file(w, "/d/a", expected);
    assert_int_equal(fake_files_count(w->client), expected ? 1 : 0);
}
