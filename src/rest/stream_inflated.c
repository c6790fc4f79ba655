/* What a deflated stream becomes. */
#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "rest/stream.h"

#define INPUT       ((size_t)32 * 1024)
#define BEHIND      ((size_t)4 * 1024) /* bytes of the result that are kept */
#define ANY_WRAPPER (MAX_WBITS + 32)   /* zlib's, or gzip's */

/* A place where inflating can begin. zlib wants its state to stay where it is. */
struct mark {
    z_stream state;
    int64_t in, out; /* how far it is, in the bytes below and in the result */
};

struct inflated {
    struct kx_stream stream;
    struct kx_stream *below, **awake;
    struct mark now;
    bool begun, ended;
    GPtrArray *marks; /* of struct mark, in order */
    int64_t every;    /* bytes of the result between two marks */
    uint8_t *input;   /* NULL: it rests; behind it the last of the result */
    size_t behind;    /* how much of that there is */
};

static void mark_free(gpointer data)
{
    struct mark *mark = data;
    inflateEnd(&mark->state);
    g_free(mark);
}

/* Here, when the last one is far enough. */
static void put_mark(struct inflated *self)
{
    guint count = self->marks->len;
    const struct mark *last = count ? g_ptr_array_index(self->marks, count - 1) : NULL;
    if (self->ended || self->now.out < (last ? last->out : 0) + self->every) return;
    struct mark *mark = g_new0(struct mark, 1);
    mark->in = self->now.in;
    mark->out = self->now.out;
    if (inflateCopy(&mark->state, &self->now.state) != Z_OK) {
        g_free(mark);
        return;
    }
    g_ptr_array_add(self->marks, mark);
    if (self->marks->len <= KX_STREAM_MARKS) return;
    for (guint i = self->marks->len; i > 0; i--) /* every other one goes */
        if (i % 2) g_ptr_array_remove_index(self->marks, i - 1);
    self->every *= 2;
}

/* To the last mark before a place, or to the start. */
static int go_back(struct inflated *self, int64_t offset, struct kx_error *err)
{
    struct mark *mark = NULL;
    for (guint i = 0; i < self->marks->len; i++) {
        struct mark *one = g_ptr_array_index(self->marks, i);
        if (one->out <= offset) mark = one;
    }
    if (self->begun) inflateEnd(&self->now.state);
    self->now = (struct mark){.in = mark ? mark->in : 0, .out = mark ? mark->out : 0};
    self->ended = false;
    self->behind = 0;
    int made = mark ? inflateCopy(&self->now.state, &mark->state)
                    : inflateInit2(&self->now.state, ANY_WRAPPER);
    self->begun = made == Z_OK;
    return made == Z_OK ? 0 : kx_error_set(err, ENOMEM, "no memory to inflate");
}

/* Until `want` bytes are there, or the stream's end. */
static int go_on(struct inflated *self, void *to, size_t want, size_t *got,
                 const struct kx_call *call, struct kx_error *err)
{
    z_stream *state = &self->now.state;
    *got = 0;
    while (*got < want && !self->ended) {
        size_t here = 0;
        int result =
            self->below->read(self->below, self->now.in, self->input, INPUT, &here, call, err);
        if (result < 0) return result;
        if (!here) return kx_error_set(err, EIO, "the compressed log is cut off");
        state->next_in = self->input;
        state->avail_in = (uInt)here;
        state->next_out = (Bytef *)to + *got;
        state->avail_out = (uInt)MIN(want - *got, (size_t)G_MAXINT);
        uInt room = state->avail_out;
        int said = inflate(state, Z_NO_FLUSH);
        if (said != Z_OK && said != Z_STREAM_END && said != Z_BUF_ERROR)
            return kx_error_set(err, EIO, "the compressed log is damaged");
        size_t done = room - state->avail_out, used = here - state->avail_in;
        if (said == Z_BUF_ERROR && !done && !used)
            return kx_error_set(err, EIO, "the compressed log is damaged");
        *got += done;
        self->now.in += (int64_t)used;
        self->now.out += (int64_t)done;
        self->ended = said == Z_STREAM_END;
    }
    return 0;
}

static int skip_to(struct inflated *self, int64_t offset, const struct kx_call *call,
                   struct kx_error *err)
{
    g_autofree char *none = g_malloc(INPUT);
    self->behind = 0;
    while (self->now.out < offset && !self->ended) {
        put_mark(self);
        size_t got = 0, want = (size_t)MIN((int64_t)INPUT, offset - self->now.out);
        int result = go_on(self, none, want, &got, call, err);
        if (result < 0) return result;
    }
    return 0;
}

/* Give back all memory. */
static void rest(struct inflated *self)
{
    if (self->begun) inflateEnd(&self->now.state);
    self->begun = false;
    g_ptr_array_set_size(self->marks, 0);
    self->every = KX_STREAM_MARK_BYTES;
    g_clear_pointer(&self->input, g_free);
    if (*self->awake == &self->stream) *self->awake = NULL;
}

static void wake(struct inflated *self)
{
    if (*self->awake && *self->awake != &self->stream) rest((struct inflated *)*self->awake);
    *self->awake = &self->stream;
    if (!self->input) self->input = g_malloc(INPUT + BEHIND);
}

/* Keep the last of what was read, for one who looks at a head and then reads on behind it. */
static void keep_behind(struct inflated *self, const char *bytes, size_t size)
{
    uint8_t *kept = self->input + INPUT;
    size_t more = MIN(size, BEHIND), old = MIN(self->behind, BEHIND - more);
    memmove(kept, kept + self->behind - old, old);
    memcpy(kept + old, bytes + size - more, more);
    self->behind = old + more;
}

/* What is still here of a range that begins before the present place.  @return how many bytes. */
static size_t take_behind(const struct inflated *self, int64_t offset, void *to, size_t want)
{
    int64_t back = self->now.out - offset;
    if (!self->begun || back <= 0 || back > (int64_t)self->behind) return 0;
    size_t size = MIN((size_t)back, want);
    memcpy(to, self->input + INPUT + self->behind - back, size);
    return size;
}

static int read_inflated(struct kx_stream *stream, int64_t offset, void *to, size_t want,
                         size_t *got, const struct kx_call *call, struct kx_error *err)
{
    struct inflated *self = (struct inflated *)stream;
    wake(self);
    size_t before = take_behind(self, offset, to, want), more = 0;
    *got = before;
    if (before == want) return 0;
    offset += (int64_t)before;
    int result = !self->begun || offset < self->now.out ? go_back(self, offset, err) : 0;
    if (result == 0 && self->now.out < offset) result = skip_to(self, offset, call, err);
    if (result == 0) put_mark(self);
    if (result == 0 && self->now.out == offset) {
        result = go_on(self, (char *)to + before, want - before, &more, call, err);
        if (result == 0) keep_behind(self, (char *)to + before, more);
    }
    if (result < 0) rest(self); /* what it was in the middle of is not known */
    *got += more;
    return result;
}

static void free_inflated(struct kx_stream *stream)
{
    struct inflated *self = (struct inflated *)stream;
    rest(self);
    g_ptr_array_free(self->marks, TRUE);
    g_free(self);
}

struct kx_stream *kx_stream_inflated(struct kx_stream *below, struct kx_stream **awake)
{
    struct inflated *self = g_new0(struct inflated, 1);
    self->stream =
        (struct kx_stream){.read = read_inflated, .free = free_inflated, .in_order = true};
    self->below = below;
    self->awake = awake;
    self->every = KX_STREAM_MARK_BYTES;
    self->marks = g_ptr_array_new_with_free_func(mark_free);
    return &self->stream;
}
