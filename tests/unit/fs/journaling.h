/* What the tests of the journal share: a folder for each, and journals and records in it.
 * Threads: the test's. */
#pragma once
#include <glib/gstdio.h>

#include "expect.h"
#include "fs/journal/journal.h"

#define ONE "111111111111"

static inline int make_folder(void **state)
{
    *state = g_dir_make_tmp("knoxfs-test-XXXXXX", NULL);
    return *state ? 0 : -1;
}

static inline int remove_folder(void **state)
{
    g_autofree char *folder = *state;
    const char *const line[] = {"rm", "-rf", folder, NULL};
    return g_spawn_sync(NULL, (char **)(uintptr_t)line, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                        NULL, NULL, NULL)
               ? 0
               : -1;
}

#define folder_test(function) cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)

static inline struct kx_journal *open_as(const char *folder, const char *mount, const char *service)
{
    KX_ERROR_AUTO(err);
    struct kx_journal *journal = NULL;
    const struct kx_journal_config config = {
        .folder = folder, .service = service, .mount = mount, .now_ms = 5};
    if (kx_journal_open(&config, &journal, &err) != 0) fail_msg("%s", err.message);
    return journal;
}

static inline struct kx_record *record_of(const char *path, const char *file)
{
    struct kx_record *record = kx_record_new();
    record->path = g_strdup(path);
    record->file = g_strdup(file);
    return record;
}

static inline int64_t put(struct kx_journal *journal, const char *path, const char *file)
{
    KX_ERROR_AUTO(err);
    g_autoptr(kx_record) record = record_of(path, file);
    if (kx_journal_put(journal, record, true, &err) != 0) fail_msg("%s", err.message);
    return record->id;
}
