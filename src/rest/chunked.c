#include "rest/chunked.h"

#include <string.h>

#include <glib.h>

/* Of a byte in a frame. */
enum kind { HEX, BLANK, SEMICOLON, CR, LF, TEXT, CONTROL, KINDS };

/* Where in the body the next byte is. */
enum state {
    WRONG,
    FIRST,     /* the first digit of a size */
    DIGITS,    /* another one, or what is behind them */
    SPACE,     /* blanks behind it, before an extension */
    EXTENSION, /* ... to the end of line */
    SIZE_LF,   /* the end of that line */
    SIZED,     /* never waited in: what is behind depends on the size */
    PAYLOAD,
    BEHIND, /* the end of line behind the payload */
    BEHIND_LF,
    TRAILERS, /* the beginning of a line behind the last chunk */
    TRAILER,  /* its inside */
    TRAILER_LF,
    LAST_LF,
    ENDED,
    STATES
};

static const unsigned char NEXT[STATES][KINDS] = {
    [FIRST] = {[HEX] = DIGITS},
    [DIGITS] =
        {[HEX] = DIGITS, [BLANK] = SPACE, [SEMICOLON] = EXTENSION, [CR] = SIZE_LF, [LF] = SIZED},
    [SPACE] = {[BLANK] = SPACE, [SEMICOLON] = EXTENSION, [CR] = SIZE_LF, [LF] = SIZED},
    [EXTENSION] = {[HEX] = EXTENSION,
                   [BLANK] = EXTENSION,
                   [SEMICOLON] = EXTENSION,
                   [TEXT] = EXTENSION,
                   [CR] = SIZE_LF,
                   [LF] = SIZED},
    [SIZE_LF] = {[LF] = SIZED},
    [BEHIND] = {[CR] = BEHIND_LF, [LF] = FIRST},
    [BEHIND_LF] = {[LF] = FIRST},
    [TRAILERS] = {[HEX] = TRAILER, [TEXT] = TRAILER, [CR] = LAST_LF, [LF] = ENDED},
    [TRAILER] = {[HEX] = TRAILER,
                 [BLANK] = TRAILER,
                 [SEMICOLON] = TRAILER,
                 [TEXT] = TRAILER,
                 [CR] = TRAILER_LF,
                 [LF] = TRAILERS},
    [TRAILER_LF] = {[LF] = TRAILERS},
    [LAST_LF] = {[LF] = ENDED},
};

static const char *const WORDS[STATES] = {
    [FIRST] = "there is no size where a chunk begins",
    [DIGITS] = "the size of a chunk is no number",
    [SPACE] = "the size of a chunk is no number",
    [EXTENSION] = "there is a control character behind the size of a chunk",
    [SIZE_LF] = "the line with the size of a chunk does not end",
    [BEHIND] = "a chunk is longer than its size",
    [BEHIND_LF] = "a chunk is longer than its size",
    [TRAILERS] = "what is behind the last chunk is no trailer",
    [TRAILER] = "there is a control character in a trailer",
    [TRAILER_LF] = "a trailer does not end",
    [LAST_LF] = "the body does not end behind its last chunk",
};

#define ALIKE_LEAST 4U              /* so many, and the next one is thought to be as they were */
#define GUESS_SIZE  ((int64_t)4096) /* smaller ones are not worth a piece each */
#define GUESS_FRAME 64U

void kx_chunked_init(struct kx_chunked *chunks)
{
    *chunks = (struct kx_chunked){.state = FIRST};
}

bool kx_chunked_has_begun(const struct kx_chunked *chunks)
{
    return chunks->came > 0 || chunks->frame > 0 || chunks->wrong;
}

bool kx_chunked_is_over(const struct kx_chunked *chunks)
{
    return chunks->state == ENDED || chunks->state == WRONG;
}

const char *kx_chunked_wrong(const struct kx_chunked *chunks)
{
    return chunks->wrong;
}

static enum kind kind_of(char byte)
{
    if (g_ascii_isxdigit(byte)) return HEX;
    switch (byte) {
    case ' ':
    case '\t':
        return BLANK;
    case ';':
        return SEMICOLON;
    case '\r':
        return CR;
    case '\n':
        return LF;
    default:
        return (unsigned char)byte < 0x20 || byte == 0x7f ? CONTROL : TEXT;
    }
}

static enum state fail(struct kx_chunked *chunks, const char *words)
{
    chunks->wrong = words;
    return WRONG;
}

void kx_chunked_refuse(struct kx_chunked *chunks, const char *words)
{
    chunks->state = (int)fail(chunks, words);
}

static enum state add_digit(struct kx_chunked *chunks, char digit)
{
    if (chunks->left > G_MAXINT64 >> 4)
        return fail(chunks, "the size of a chunk is larger than any file");
    chunks->left = chunks->left << 4 | g_ascii_xdigit_value(digit);
    return DIGITS;
}

/* The frame is whole. */
static enum state begin_chunk(struct kx_chunked *chunks)
{
    bool same = chunks->size == chunks->left && chunks->frame == chunks->came;
    chunks->alike = same ? chunks->alike + 1 : 0;
    chunks->size = chunks->left;
    chunks->frame = chunks->came;
    chunks->came = 0;
    return chunks->size > 0 ? PAYLOAD : TRAILERS;
}

static enum state next(struct kx_chunked *chunks, char byte)
{
    enum state at = chunks->state, to = NEXT[at][kind_of(byte)];
    chunks->came++;
    if (to == WRONG) return fail(chunks, WORDS[at]);
    if (to == DIGITS) return add_digit(chunks, byte);
    if (to == SIZED) return begin_chunk(chunks);
    if (at < TRAILERS && chunks->came >= KX_CHUNK_LINE_MAX)
        return fail(chunks, "the line with the size of a chunk is too long");
    if (at >= TRAILERS && chunks->came >= KX_CHUNK_TRAILERS_MAX && to != ENDED)
        return fail(chunks, "the trailers are too long");
    return to;
}

static bool is_in_frame(const struct kx_chunked *chunks)
{
    return chunks->state != PAYLOAD && !kx_chunked_is_over(chunks);
}

size_t kx_chunked_frame(struct kx_chunked *chunks, const char *data, size_t length)
{
    size_t at = 0;
    while (at < length && is_in_frame(chunks))
        chunks->state = (int)next(chunks, data[at++]);
    return at;
}

size_t kx_chunked_payload(struct kx_chunked *chunks, size_t length)
{
    if (chunks->state != PAYLOAD) return 0;
    size_t here = (size_t)MIN((int64_t)length, chunks->left);
    chunks->left -= (int64_t)here;
    if (chunks->left == 0) chunks->state = BEHIND;
    return here;
}

size_t kx_chunked_next(struct kx_chunked *chunks, const char **data, size_t *length,
                       const char **payload)
{
    size_t frame = kx_chunked_frame(chunks, *data, *length);
    size_t here = kx_chunked_payload(chunks, *length - frame);
    *payload = *data + frame;
    *data += frame + here;
    *length -= frame + here;
    return here;
}

/* --- plans --- */

static void add_piece(struct kx_chunked_plan *plan, void *base, size_t length, bool beside)
{
    plan->pieces[plan->count] = (struct iovec){.iov_base = base, .iov_len = length};
    plan->beside[plan->count++] = beside;
}

static void add_beside(struct kx_chunked_plan *plan, size_t length)
{
    add_piece(plan, plan->scratch + plan->used, length, true);
    plan->used += length;
}

/* Is the next chunk thought to be as the last one was?  @due bytes of the frame before it. */
static bool guess(const struct kx_chunked *chunks, size_t *due)
{
    bool whole = chunks->state == PAYLOAD;
    *due = chunks->frame - (whole ? 0 : MIN(chunks->came, chunks->frame));
    return chunks->alike >= ALIKE_LEAST && chunks->size >= GUESS_SIZE &&
           chunks->frame <= GUESS_FRAME && *due > 0;
}

void kx_chunked_plan(struct kx_chunked_plan *plan, const struct kx_chunked *chunks,
                     const struct iovec *room, int count)
{
    int64_t left = chunks->state == PAYLOAD ? chunks->left : 0;
    size_t due, used = 0;
    bool known = guess(chunks, &due);
    plan->count = 0;
    plan->used = 0;
    for (int i = 0; i < count && plan->count < KX_PLAN_PIECES - 1 && (left > 0 || known);) {
        if (left == 0) {
            add_beside(plan, due);
            left = chunks->size;
            due = chunks->frame;
            continue;
        }
        size_t here = (size_t)MIN((int64_t)(room[i].iov_len - used), left);
        add_piece(plan, (char *)room[i].iov_base + used, here, false);
        left -= (int64_t)here;
        used += here;
        if (used < room[i].iov_len) continue;
        used = 0;
        i++;
    }
    if (!known && left == 0) add_beside(plan, KX_PLAN_SCRATCH);
}

/* From this byte of this piece on: so many, which are copied if they are in more than one. */
static void gather(const struct kx_chunked_plan *plan, int piece, size_t from, size_t length,
                   struct kx_chunked_rest *rest)
{
    const char *base = plan->pieces[piece].iov_base;
    *rest = (struct kx_chunked_rest){.data = base + from, .length = length};
    if (length == 0) return;
    if (plan->beside[piece] && length <= plan->pieces[piece].iov_len - from) return;
    rest->data = rest->copy = g_malloc(length);
    for (size_t have = 0; have < length; piece++, from = 0) {
        size_t here = MIN(plan->pieces[piece].iov_len - from, length - have);
        memcpy(rest->copy + have, (const char *)plan->pieces[piece].iov_base + from, here);
        have += here;
    }
}

size_t kx_chunked_landed(const struct kx_chunked_plan *plan, struct kx_chunked *chunks, size_t got,
                         struct kx_chunked_rest *rest)
{
    size_t payload = 0;
    *rest = (struct kx_chunked_rest){0};
    for (int i = 0; got > 0; i++) {
        size_t here = MIN(got, plan->pieces[i].iov_len), fits;
        if (plan->beside[i])
            fits = kx_chunked_frame(chunks, plan->pieces[i].iov_base, here);
        else
            payload += fits = kx_chunked_payload(chunks, here);
        got -= fits;
        if (fits == here) continue;
        gather(plan, i, fits, got, rest);
        break;
    }
    return payload;
}
