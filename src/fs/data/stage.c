#include "fs/data/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "fs/data/ranges.h"
#include "rest/download.h"

#define PIECE_BYTES ((int64_t)1024 * 1024) /* carried at a time between file and wire */
#define LOAD_BYTES                                                                                 \
    ((int64_t)4 * 1024 *                                                                           \
     1024) /* loaded around a missing byte: a request costs more than its bytes */

struct kx_stage {
    int fd;
    char *folder;
    char *base_path;
    int64_t base_length; /* bytes [0, base_length) of the server's file are valid where nothing is
                            here */
    int64_t base_total;  /* the length of the server's file */
    int64_t length;
    struct kx_ranges here, changed;
};

/* A file without a name; where the file system cannot make one, a name that is taken away at once.
 */
static int open_nameless(const char *folder)
{
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return fd;
    g_autofree char *name = g_build_filename(folder, "knoxfs-stage-XXXXXX", NULL);
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0) unlink(name);
    return fd;
}

int kx_stage_new(const char *folder, const char *base_path, int64_t base_length,
                 struct kx_stage **out, struct kx_error *err)
{
    int fd = open_nameless(folder);
    if (fd < 0)
        return kx_error_set(err, errno, "no staging file in %s: %s (-o stage_dir=)", folder,
                            g_strerror(errno));
    struct kx_stage *stage = g_new0(struct kx_stage, 1);
    stage->fd = fd;
    stage->folder = g_strdup(folder);
    stage->base_path = g_strdup(base_path);
    stage->base_length = stage->base_total = stage->length = base_path ? base_length : 0;
    kx_ranges_init(&stage->here);
    kx_ranges_init(&stage->changed);
    *out = stage;
    return 0;
}

void kx_stage_free(struct kx_stage *stage)
{
    if (!stage) return;
    close(stage->fd);
    kx_ranges_clear(&stage->here);
    kx_ranges_clear(&stage->changed);
    g_free(stage->base_path);
    g_free(stage->folder);
    g_free(stage);
}

int64_t kx_stage_length(const struct kx_stage *stage)
{
    return stage->length;
}

bool kx_stage_changed(const struct kx_stage *stage)
{
    return !kx_ranges_empty(&stage->changed) || stage->length != stage->base_total ||
           stage->base_length != stage->base_total;
}

static int file_error(const struct kx_stage *stage, const char *doing, struct kx_error *err)
{
    int code = errno;
    return kx_error_set(err, code, "%s the local copy in %s: %s (-o stage_dir=)", doing,
                        stage->folder, g_strerror(code));
}

/* Write all of it into the local file. */
static int store(struct kx_stage *stage, int64_t offset, const char *data, size_t length,
                 struct kx_error *err)
{
    while (length > 0) {
        ssize_t n = pwrite(stage->fd, data, length, offset);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return file_error(stage, "writing", err);
        data += n;
        offset += n;
        length -= (size_t)n;
    }
    return 0;
}

static int fetch(struct kx_stage *stage, int64_t offset, char *room, size_t length,
                 struct kx_error *err)
{
    while (length > 0) {
        ssize_t n = pread(stage->fd, room, length, offset);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return file_error(stage, "reading", err);
        if (n == 0) return kx_error_set(err, EIO, "the staging file is shorter than it should be");
        room += n;
        offset += n;
        length -= (size_t)n;
    }
    return 0;
}

int kx_stage_write(struct kx_stage *stage, int64_t offset, const void *data, size_t length,
                   struct kx_error *err)
{
    int result = store(stage, offset, data, length, err);
    if (result < 0) return result;
    int64_t to = offset + (int64_t)length;
    kx_ranges_add(&stage->here, offset, to);
    kx_ranges_add(&stage->changed, offset, to);
    stage->length = MAX(stage->length, to);
    return 0;
}

int kx_stage_resize(struct kx_stage *stage, int64_t length, struct kx_error *err)
{
    /* Cut and grown again, the old bytes must not come back: the base counts only up to the
     * shortest length. */
    if (ftruncate(stage->fd, length) != 0) return file_error(stage, "resizing", err);
    kx_ranges_cut(&stage->here, length);
    kx_ranges_cut(&stage->changed, length);
    stage->base_length = MIN(stage->base_length, length);
    stage->length = length;
    return 0;
}

static int base_open(struct kx_stage *stage, struct kx_client *client, struct kx_range part,
                     const struct kx_call *call, struct kx_download **out, struct kx_error *err)
{
    if (!stage->base_path)
        return kx_error_set(err, ESTALE, "the file was removed; only the server had it");
    return kx_download_open(client, stage->base_path, part.from, part.to - part.from, NULL, call,
                            out, err);
}

/* Bring [from, to) of the base into the local file. */
static int load(struct kx_stage *stage, struct kx_client *client, struct kx_range part,
                const struct kx_call *call, struct kx_error *err)
{
    g_autoptr(kx_download) download = NULL;
    int result = base_open(stage, client, part, call, &download, err);
    while (result >= 0) {
        g_autoptr(kx_block) block = NULL;
        int64_t at = kx_download_position(download);
        result = kx_download_pull(download, KX_BLOCK_BYTES, call, &block, err);
        if (result <= 0) break;
        result = store(stage, at, block->data, block->length, err);
        if (result == 0) kx_ranges_add(&stage->here, at, at + (int64_t)block->length);
    }
    return MIN(result, 0);
}

/* Make [from, to) readable in the local file. */
static int make_here(struct kx_stage *stage, struct kx_client *client, int64_t from, int64_t to,
                     const struct kx_call *call, struct kx_error *err)
{
    struct kx_range gap;
    int result = 0;
    /* Behind the base's valid part the local file is right as it is: a hole reads as zeros. */
    int64_t last = MIN(to, stage->base_length);
    while (result == 0 && kx_ranges_gap(&stage->here, from, last, &gap)) {
        struct kx_range more;
        int64_t until = MIN(MAX(gap.to, gap.from + LOAD_BYTES), stage->base_length);
        kx_ranges_gap(&stage->here, gap.from, until, &more);
        result = load(stage, client, more, call, err);
    }
    if (result == 0 && ftruncate(stage->fd, stage->length) != 0)
        result = file_error(stage, "sizing", err);
    return result;
}

int kx_stage_read(struct kx_stage *stage, struct kx_client *client, int64_t offset, size_t size,
                  const struct kx_call *call, void *room, struct kx_error *err)
{
    int result = make_here(stage, client, offset, offset + (int64_t)size, call, err);
    return result < 0 ? result : fetch(stage, offset, room, size, err);
}

bool kx_stage_only_grown(const struct kx_stage *stage, int64_t *from)
{
    int64_t first = kx_ranges_first(&stage->changed);
    *from = stage->base_total;
    return stage->base_total > 0 && stage->base_length == stage->base_total &&
           stage->length > stage->base_total && (first < 0 || first >= stage->base_total);
}

/* Send what is in the local file. */
static int send_local(struct kx_stage *stage, struct kx_range part, struct kx_upload *upload,
                      const struct kx_call *call, struct kx_error *err)
{
    g_autofree char *room = g_malloc((gsize)MIN(PIECE_BYTES, part.to - part.from));
    int result = 0;
    while (result == 0 && part.from < part.to) {
        size_t n = (size_t)MIN(PIECE_BYTES, part.to - part.from);
        result = fetch(stage, part.from, room, n, err);
        if (result == 0) result = kx_upload_write(upload, room, n, call, err);
        part.from += (int64_t)n;
    }
    return result;
}

/* Send what only the server has, without keeping it. */
static int send_base(struct kx_stage *stage, struct kx_client *client, struct kx_range part,
                     struct kx_upload *upload, const struct kx_call *call, struct kx_error *err)
{
    g_autoptr(kx_download) download = NULL;
    int result = base_open(stage, client, part, call, &download, err);
    while (result >= 0) {
        g_autoptr(kx_block) block = NULL;
        result = kx_download_pull(download, KX_BLOCK_BYTES, call, &block, err);
        if (result <= 0) break;
        result = kx_upload_write(upload, block->data, block->length, call, err);
    }
    return MIN(result, 0);
}

int kx_stage_send(struct kx_stage *stage, struct kx_client *client, int64_t from,
                  struct kx_upload *upload, const struct kx_call *call, struct kx_error *err)
{
    int result = ftruncate(stage->fd, stage->length) == 0 ? 0 : file_error(stage, "sizing", err);
    while (result == 0 && from < stage->length) {
        struct kx_range gap, part;
        bool missing =
            kx_ranges_gap(&stage->here, from, MIN(stage->length, stage->base_length), &gap);
        part = (struct kx_range){from, missing ? gap.from : stage->length};
        if (part.from < part.to) result = send_local(stage, part, upload, call, err);
        if (result == 0 && missing) result = send_base(stage, client, gap, upload, call, err);
        from = missing ? gap.to : part.to;
    }
    return result;
}

void kx_stage_follow(struct kx_stage *stage, const char *path)
{
    if (g_strcmp0(path, stage->base_path) == 0) return;
    g_free(stage->base_path);
    stage->base_path = g_strdup(path);
}

void kx_stage_base_unsure(struct kx_stage *stage)
{
    stage->base_total = -1;
}

void kx_stage_published(struct kx_stage *stage, const char *path)
{
    g_free(stage->base_path);
    stage->base_path = g_strdup(path);
    stage->base_length = stage->base_total = stage->length;
    kx_ranges_forget(&stage->changed);
}
