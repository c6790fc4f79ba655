/* A client of a server that keeps whole files in memory: what the driver's writing side asks, each
 * request written down, each able to fail. It defines struct kx_client.
 *
 * Threads: any. */
#pragma once
#include "rest/upload.h"
#include "rest/webhdfs.h"

/** @return owned; its stall time is a minute. */
struct kx_client *fake_files_new(void);

/** The test fails when an upload was not closed. */
void fake_files_free(struct kx_client *client);
void fake_files_set_stall(struct kx_client *client, int64_t ms);

/** From now on a CREATE makes its file when it is finished, as the true one does with a small file.
 */
void fake_files_set_late(struct kx_client *client, bool late);

/** How many entries a page of a listing has; 1000 at first. */
void fake_files_set_page(struct kx_client *client, unsigned entries);

/** Another client writes a whole file, or renames a directory. */
void fake_files_put(struct kx_client *client, const char *path, const char *content);
void fake_files_move(struct kx_client *client, const char *from, const char *to);

/** Another client appends to a file, or cuts it, so that it has this content. */
void fake_files_change(struct kx_client *client, const char *path, const char *content);

/** A directory is at a path; the size of the blocks of all files (0 at first). */
void fake_files_folder(struct kx_client *client, const char *path, uint64_t file_id);
void fake_files_set_block(struct kx_client *client, int64_t bytes);

/** What a file holds.  @return owned; NULL: there is none. */
char *fake_files_get(struct kx_client *client, const char *path);
uint32_t fake_files_mode(struct kx_client *client, const char *path);
int64_t fake_files_mtime(struct kx_client *client, const char *path);
uint64_t fake_files_id(struct kx_client *client, const char *path);
unsigned fake_files_count(struct kx_client *client);

/** The next request of that word ("CREATE" "APPEND" "WRITE" "FINISH" "RENAME" "REPLACE" "DELETE"
 * "TRUNCATE" "CHMOD" "TIMES" "STAT" "LIST" "OPEN") fails with a positive errno; @done: but is done
 * all the same. */
void fake_files_fail(struct kx_client *client, const char *word, int code, bool done);

/** Requests of that word wait until they are let go or interrupted; NULL: all are let go. */
void fake_files_hold(struct kx_client *client, const char *word);
void fake_files_wait_held(struct kx_client *client);

/** The requests since the last call of this, one a line; a number at the end of a hidden name is
 * kept.  @return owned. */
char *fake_files_requests(struct kx_client *client);
