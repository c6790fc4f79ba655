/* What the tests of the writer share: a mount of a fake server, and a directory /d in it.
 * Threads: the test's, but for writing_write. */
#pragma once
#include "expect.h"
#include "fake_clock.h"
#include "fake_files.h"
#include "fs/data/writer.h"
#include "fs/mount.h"
#include "fs/names/inode.h"

#define WRITING_ID "0123456789ab"
#define HIDDEN(n)  "/d/.a.knoxfs-" WRITING_ID "-" #n /* of /d/a */

struct writing {
    struct fake_clock clock;
    struct kx_options options;
    struct kx_mount mount;
    struct kx_client *client;          /* the mount's */
    struct kx_inode *root, *d, *inode; /* /, /d and /d/a */
    char *folder;                      /* a fresh one of the local disk; NULL: no journal */
};

int writing_setup(void **state);
int writing_teardown(void **state);
#define writing_test(function)                                                                     \
    cmocka_unit_test_setup_teardown(function, writing_setup, writing_teardown)

/** Give the mount a journal and an uploader; once a test. The teardown ends them. */
void writing_journal(struct writing *w, enum kx_write_how write);

/** Wait until the uploader has nothing left to do. */
void writing_drain(struct writing *w);

/** kx_writer_acknowledge; it must succeed. */
void writing_acknowledge(struct kx_writer *writer);

/** What a reader of this mount sees; it must be local. */
void writing_check_read(struct kx_writer *writer, int64_t offset, size_t size,
                        const char *expected);

/** /d/a with a text, acknowledged and closed, while the server answers no CREATE; and on it goes.
 */
void writing_held(struct writing *w, enum kx_write_base base, const char *text);
void writing_let_go(struct writing *w);

/** What the records say, one a line: "STATE PATH LENGTH REASON". */
void writing_check_records(struct writing *w, const char *expected);

/** How many local copies are in the journal's folder. */
unsigned writing_copies(struct writing *w);

/** A writer of /d/a, which is on the server (but for KX_WRITE_NEW) with mode 644. */
struct kx_writer *writing_open(struct writing *w, enum kx_write_base base);
struct kx_writer *writing_open_exclusive(struct writing *w);

/** As kx_writer_write of a text. */
int writing_write(struct kx_writer *writer, int64_t offset, const char *text, struct kx_error *err);

/** It must succeed. */
void writing_put(struct kx_writer *writer, int64_t offset, const char *text);
void writing_publish(struct kx_writer *writer);

/** What was asked since the last call of this, one request a line. */
void writing_check_requests(struct writing *w, const char *expected);

/** What stands in a file of the server; NULL: it is not there. */
void writing_check_file(struct writing *w, const char *path, const char *expected);

/** Nothing is on the server but /d/a with this content. */
void writing_check_only(struct writing *w, const char *expected);
