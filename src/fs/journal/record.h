/* An upload that is not done: what is to be at which name, and where its bytes are.
 *
 * Threads: a value; one owner at a time.  Ownership: all strings are owned by the record. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

#define KX_TIME_OURS                                                                               \
    (-1) /* as the time of the server's file: we have changed it ourselves since                   \
          */

enum kx_record_state {
    KX_RECORD_QUEUED,  /* close() has said that it is safe (write=back): it will be uploaded */
    KX_RECORD_CUTTING, /* the end of the server's file is being exchanged: it may be short now */
    KX_RECORD_FAILED   /* close() or fsync() has reported the failure: a person decides */
};

struct kx_record {
    int64_t id; /* 0: not in the journal yet */
    enum kx_record_state state;
    char *path; /* HDFS path of its name */
    char *file; /* the local copy, a name in the journal's folder */
    int64_t length, since_ms;
    char *reason; /* of the last failure; NULL: none yet */

    /* Bytes that are not in the local copy: [0, base_length) of the server's file `base`, where
     * `here` ("0-4096,8192-9000") does not cover them. Behind that the copy's holes are zeros. */
    char *here;
    char *base;            /* NULL: every byte is local */
    uint64_t base_file_id; /* 0: not looked at */
    int64_t base_mtime_ms, base_length;
    bool base_hidden; /* `base` is a hidden file of ours: it goes when this is done */

    bool fresh;                 /* there was no file of that name on the server */
    bool exclusive;             /* ... and nobody else may have made one (O_EXCL) */
    uint32_t mode, later_mode;  /* of the new file; to be set afterwards (0: none) */
    int64_t mtime_ms, atime_ms; /* to be set afterwards; -1: none */
};

/** @return owned, zeroed but for the times. */
struct kx_record *kx_record_new(void);
void kx_record_free(struct kx_record *record); /* NULL is fine */

/** Are bytes of the file at its name needed? */
bool kx_record_needs_name(const struct kx_record *record);

/** "queued", "cutting", "failed": constant. */
const char *kx_record_state_name(enum kx_record_state state);

KX_DEFINE_AUTOPTR(kx_record, kx_record_free)
