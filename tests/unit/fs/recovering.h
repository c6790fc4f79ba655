/* What the tests of the recovery share: a mount that was killed, and the next one.
 * Threads: the test's. */
#pragma once
#include "fs/data/recovery.h"
#include "fs/journal/journal.h"
#include "writing.h"

#define DEAD "ddddddddddd0"
#define COPY DEAD "-0.part"

static inline struct kx_journal *dead_journal(struct writing *w)
{
    KX_ERROR_AUTO(err);
    struct kx_journal *journal = NULL;
    w->folder = g_dir_make_tmp("knoxfs-test-XXXXXX", NULL);
    const struct kx_journal_config config = {
        .folder = w->folder, .service = "service", .mount = DEAD, .now_ms = 1};
    if (kx_journal_open(&config, &journal, &err) < 0) fail_msg("%s", err.message);
    fake_files_folder(w->client, "/d", 2);
    return journal;
}

static inline void make_copy(struct kx_journal *journal, const char *text)
{
    g_autofree char *path = g_build_filename(kx_journal_folder(journal), COPY, NULL);
    assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* A queued upload of /d/a, all of it in the copy. */
static inline struct kx_record *whole(const char *text)
{
    struct kx_record *record = kx_record_new();
    record->path = g_strdup("/d/a");
    record->file = g_strdup(COPY);
    record->length = (int64_t)strlen(text);
    record->here = g_strdup_printf("0-%zu", strlen(text));
    record->mode = 0640;
    record->later_mode = 0600;
    record->mtime_ms = 5000;
    return record;
}

/* The end of the dead mount, and the next one's beginning. @text NULL: the copy has gone. */
static inline void leave_and_recover(struct writing *w, struct kx_record *record, const char *text)
{
    KX_ERROR_AUTO(err);
    struct kx_journal *journal = dead_journal(w);
    if (kx_journal_put(journal, record, true, &err) < 0) fail_msg("%s", err.message);
    if (text) make_copy(journal, text);
    kx_journal_close(journal);
    writing_journal(w, KX_WRITE_BACK);
    g_free(fake_files_requests(w->client));
    kx_recovery_free(kx_recovery_start(&w->mount));
}

static inline unsigned requests_of(struct writing *w, const char *word)
{
    unsigned count = 0;
    g_autofree char *requests = fake_files_requests(w->client);
    for (const char *at = requests; (at = strstr(at, word)); at++)
        count++;
    return count;
}

static inline void check_failed(struct writing *w, const char *reason)
{
    g_autoptr(GPtrArray) records = kx_journal_records(w->mount.journal);
    assert_int_equal(records->len, 1);
    const struct kx_record *record = records->pdata[0];
    assert_int_equal(record->state, KX_RECORD_FAILED);
    if (!strstr(record->reason, reason)) fail_msg("%s", record->reason);
}
