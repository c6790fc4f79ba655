/* The value of a TFile's record: its chunks, and the logs in it. */
#include <errno.h>
#include <string.h>

#include "rest/bytes.h"
#include "rest/tfile.h"

#define HEAD_MAX   9
#define TEXT_MAX   ((size_t)UINT16_MAX)
#define DIGITS_MAX 19
#define RUNS_MAX   200000 /* a log of 200 GiB, if no two chunks were alike */
#define FAR        (G_MAXINT64 / 8)

/* Chunks of one length, one behind the other. */
struct run {
    int64_t value,
        raw; /* where the first one's bytes are in the value, and its head in the block */
    int64_t length, head, count;
    bool last; /* nothing follows */
};

struct value {
    struct kx_stream stream;
    struct kx_stream *block;
    int64_t offset;
    GArray *runs; /* of struct run */
};

static int64_t run_value_end(const struct run *run)
{
    return run->value + run->length * run->count;
}

static int64_t run_raw_end(const struct run *run)
{
    return run->raw + (run->head + run->length) * run->count;
}

static struct run *last_run(const struct value *self)
{
    guint count = self->runs->len;
    return count ? &g_array_index(self->runs, struct run, count - 1) : NULL;
}

static int damaged(struct kx_error *err)
{
    return kx_error_set(err, EPROTO, "the collected log is damaged");
}

/* A chunk's head.  @out its length, negative when another one follows.  @return its own length;
 * -EPROTO. */
static int64_t take_head(struct kx_bytes *bytes, int64_t *out)
{
    size_t before = bytes->left;
    *out = kx_bytes_vint(bytes);
    bool possible = !bytes->cut && *out > -(int64_t)G_MAXINT32 - 1 && *out <= G_MAXINT32;
    return possible ? (int64_t)(before - bytes->left) : -EPROTO;
}

static int64_t read_head(struct value *self, int64_t raw, int64_t *out, const struct kx_call *call,
                         struct kx_error *err)
{
    uint8_t room[HEAD_MAX];
    size_t got = 0;
    int result = self->block->read(self->block, raw, room, sizeof room, &got, call, err);
    if (result < 0) return result;
    struct kx_bytes bytes = {room, got, false};
    int64_t head = take_head(&bytes, out);
    return head < 0 ? damaged(err) : head;
}

/* Is there, so many chunks behind the run, another one of its length? */
static bool is_like(struct value *self, const struct run *run, int64_t further,
                    const struct kx_call *call)
{
    int64_t at = run_raw_end(run) + (run->head + run->length) * further, length;
    return read_head(self, at, &length, call, NULL) == run->head && length == -run->length;
}

/* Make the last run longer, as long as it does not come to `offset`, in steps that double. */
static void leap(struct value *self, struct run *run, int64_t offset, const struct kx_call *call)
{
    for (int64_t step = 1; step > 0;) {
        int64_t room = (offset - run_value_end(run)) / run->length - 2;
        bool fits = step <= room;
        if (fits && is_like(self, run, step, call) && is_like(self, run, step + 1, call)) {
            run->count += step;
            step *= 2;
        } else {
            step /= 2;
        }
    }
}

/* What stands behind the last chunk that is known.  @length as its head says it. */
static int add_chunk(struct value *self, int64_t head, int64_t length, struct kx_error *err)
{
    struct run *last = last_run(self);
    if (last && last->head == head && last->length == -length) {
        last->count++;
        return 0;
    }
    const struct run run = {.value = last ? run_value_end(last) : 0,
                            .raw = last ? run_raw_end(last) : self->offset,
                            .length = ABS(length),
                            .head = head,
                            .count = 1,
                            .last = length >= 0};
    if (run.value > FAR || run.raw > FAR || self->runs->len >= RUNS_MAX) return damaged(err);
    g_array_append_val(self->runs, run);
    return 0;
}

static int step(struct value *self, const struct kx_call *call, struct kx_error *err)
{
    const struct run *last = last_run(self);
    int64_t length = 0;
    int64_t head = read_head(self, last ? run_raw_end(last) : self->offset, &length, call, err);
    return head < 0 ? (int)head : add_chunk(self, head, length, err);
}

/* The run that an offset is in.  @out NULL: the value ends before. */
static int find_run(struct value *self, int64_t offset, const struct run **out,
                    const struct kx_call *call, struct kx_error *err)
{
    *out = NULL;
    for (;;) {
        struct run *last = last_run(self);
        if (last && (last->last || offset < run_value_end(last))) break;
        if (last && last->count > 1 && !self->block->in_order) leap(self, last, offset, call);
        int result = step(self, call, err);
        if (result < 0) return result;
    }
    for (guint i = self->runs->len; i > 0 && !*out; i--) {
        const struct run *run = &g_array_index(self->runs, struct run, i - 1);
        if (offset >= run->value && offset < run_value_end(run)) *out = run;
    }
    return 0;
}

/* Take chunks out of a piece of the block that begins in one of them.  @left what that one has.
 *  @return how many bytes, or -errno. */
static int64_t unpack(struct value *self, const struct kx_bytes *piece, int64_t raw, int64_t left,
                      bool last, char *to, size_t want, struct kx_error *err)
{
    struct kx_bytes bytes = *piece;
    size_t got = 0;
    for (;;) {
        size_t size = MIN(MIN((size_t)left, want - got), bytes.left);
        memcpy(to + got, kx_bytes_take(&bytes, size), size);
        got += size;
        left -= (int64_t)size;
        int64_t at = raw + (int64_t)(piece->left - bytes.left), length = 0;
        if (got == want || left || last) return (int64_t)got;
        int64_t head = take_head(&bytes, &length);
        if (bytes.cut) return (int64_t)got; /* it is in the next piece */
        if (head < 0) return damaged(err);
        if (at == run_raw_end(last_run(self)) && add_chunk(self, head, length, err) < 0)
            return -EPROTO;
        left = ABS(length);
        last = length >= 0;
    }
}

/* What one read of the block brings. */
static int read_piece(struct value *self, int64_t offset, char *to, size_t want, size_t *got,
                      const struct kx_call *call, struct kx_error *err)
{
    const struct run *run = NULL;
    size_t heads = HEAD_MAX * (2 + want / 65536), have = 0;
    *got = 0;
    int result = find_run(self, offset, &run, call, err);
    if (result < 0 || !run) return result;
    int64_t number = (offset - run->value) / run->length;
    int64_t inside = (offset - run->value) % run->length;
    int64_t raw = run->raw + (run->head + run->length) * number + run->head + inside;
    g_autofree uint8_t *room = g_malloc(want + heads);
    result = self->block->read(self->block, raw, room, want + heads, &have, call, err);
    if (result < 0) return result;
    const struct kx_bytes piece = {room, have, false};
    int64_t done = unpack(self, &piece, raw, run->length - inside, run->last, to, want, err);
    if (done == 0) return damaged(err);
    if (done > 0) *got = (size_t)done;
    return (int)MIN(done, 0);
}

static int read_value(struct kx_stream *stream, int64_t offset, void *to, size_t want, size_t *got,
                      const struct kx_call *call, struct kx_error *err)
{
    struct value *self = (struct value *)stream;
    int result = 0;
    for (*got = 0; *got < want && result == 0;) {
        size_t here = 0;
        result = read_piece(self, offset + (int64_t)*got, (char *)to + *got, want - *got, &here,
                            call, err);
        if (result == 0 && !here) break; /* the end */
        *got += here;
    }
    return result;
}

static void free_value(struct kx_stream *stream)
{
    struct value *self = (struct value *)stream;
    g_array_free(self->runs, TRUE);
    g_free(self);
}

struct kx_stream *kx_tfile_value(struct kx_stream *block, int64_t offset)
{
    struct value *self = g_new0(struct value, 1);
    self->stream = (struct kx_stream){.read = read_value, .free = free_value};
    self->block = block;
    self->offset = offset;
    self->runs = g_array_new(FALSE, TRUE, sizeof(struct run));
    return &self->stream;
}

int kx_tfile_value_end(struct kx_stream *value, const struct kx_call *call, int64_t *out,
                       struct kx_error *err)
{
    struct value *self = (struct value *)value;
    const struct run *none = NULL;
    int result = find_run(self, FAR, &none, call, err);
    if (result < 0) return result;
    *out = run_raw_end(last_run(self));
    return 0;
}

/* A length of two bytes and a text, as java.io.DataOutput writes it.  @return how many bytes, or
 * -errno. */
static int64_t read_text(struct kx_stream *value, int64_t offset, const struct kx_call *call,
                         char **out, struct kx_error *err)
{
    g_autofree uint8_t *text = g_malloc(2 + TEXT_MAX);
    int result = kx_stream_read_all(value, offset, text, 2, call, err);
    if (result < 0) return result;
    size_t length = (size_t)text[0] << 8 | text[1];
    result = kx_stream_read_all(value, offset + 2, text + 2, length, call, err);
    if (result < 0) return result;
    struct kx_bytes bytes = {text + 2, length, false};
    *out = kx_bytes_text(&bytes, length);
    return *out ? 2 + (int64_t)length : damaged(err);
}

int kx_tfile_log(struct kx_stream *value, int64_t offset, const struct kx_call *call,
                 struct kx_tfile_log *out, struct kx_error *err)
{
    g_autofree char *name = NULL, *digits = NULL;
    size_t got = 0;
    char first;
    int result = value->read(value, offset, &first, 1, &got, call, err);
    if (result < 0 || !got) return result;
    int64_t one = read_text(value, offset, call, &name, err);
    int64_t two = one < 0 ? one : read_text(value, offset + one, call, &digits, err);
    if (two < 0) return (int)two;
    guint64 length = 0;
    if (strlen(digits) > DIGITS_MAX ||
        !g_ascii_string_to_unsigned(digits, 10, 0, G_MAXINT64 / 4, &length, NULL))
        return damaged(err);
    *out = (struct kx_tfile_log){g_steal_pointer(&name), offset + one + two, (int64_t)length};
    return 1;
}
