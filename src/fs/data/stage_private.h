/* What stage.c (the bytes) and stage_kept.c (what outlives the process) share. Nobody else includes
 * it. Threads: as stage.h. */
#pragma once
#include "fs/data/local_file.h"
#include "fs/data/ranges.h"
#include "fs/data/stage.h"
#include "rest/download.h"

struct kx_stage {
    struct kx_local_file *file;
    struct kx_room *room;
    int64_t taken; /* of the room */
    char *base_path;
    struct kx_version base_version; /* file_id 0: whatever is at the path */
    int64_t base_length; /* bytes [0, base_length) of the server's file are valid where nothing is
                            here */
    int64_t base_total;  /* the length of the server's file; -1: not sure */
    int64_t length;
    struct kx_ranges here, changed;
};

/* Takes a block whose first byte is at `at`.  @return 0; 1: no more of them; -errno. */
typedef int (*kx_stage_take)(void *context, int64_t at, const struct kx_block *block,
                             struct kx_error *err);

/** Give all blocks of a download (consumed) to `take`, in order.  @return as that, or -errno of the
 * server. */
int kx_stage_each(struct kx_download *download, const struct kx_call *call, kx_stage_take take,
                  void *context, struct kx_error *err);

/** A stage on a local file, which is consumed. */
struct kx_stage *kx_stage_on(struct kx_local_file *file, const struct kx_stage_place *place,
                             const char *base_path, int64_t base_length);
