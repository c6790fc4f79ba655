/* A body that is sent in chunks (HTTP/1.1, RFC 9112 section 7.1): where in the bytes of its
 * connection the payload is. They may come in pieces of any size.
 *
 * A frame is what lies between two pieces of payload: the end of line behind a chunk, and the line
 * with the size of the next; or the last chunk, which is empty, the trailers and an empty line.
 * What stands in extensions and trailers is skipped. A line may end without CR, as libcurl has it;
 * all else is as the RFC says, or it is wrong, and stays so.
 *
 * Called by the HTTP engine (http_chunks.c, http_socket.c). Threads: any, on data of one's own.
 * Nothing is allocated but by kx_chunked_landed. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define KX_CHUNK_LINE_MAX     4096U  /* bytes of a frame with a size; longer is wrong */
#define KX_CHUNK_TRAILERS_MAX 16384U /* bytes behind the last chunk's line; longer is wrong */

/* The members are chunked.c's own. */
struct kx_chunked {
    int state;
    int64_t left, size;   /* bytes of the present chunk: that have not come, all */
    unsigned came, frame; /* bytes of the present frame; of the last one that is whole */
    unsigned alike;       /* chunks in a row that were as long as the one before, frames as well */
    const char *wrong;    /* NULL: nothing yet */
};

/** Before the first byte. */
void kx_chunked_init(struct kx_chunked *chunks);

/** Before the first byte: it is wrong for another reason. @words constant. */
void kx_chunked_refuse(struct kx_chunked *chunks, const char *words);

/** Goes over the frame that the bytes begin with.  @return how many belong to it: all of them, or
 * there is payload behind it, or the body has ended, or it is wrong. 0 within a chunk. */
size_t kx_chunked_frame(struct kx_chunked *chunks, const char *data, size_t length);

/** Of so many bytes that come next, how many are payload of the present chunk; these count as
 * received. 0 within a frame. */
size_t kx_chunked_payload(struct kx_chunked *chunks, size_t length);

/** The next piece of payload among these bytes, which are gone over to its end.
 *  @return its length; 0: there is none, as all bytes have been gone over, or the body is over. */
size_t kx_chunked_next(struct kx_chunked *chunks, const char **data, size_t *length,
                       const char **payload);

/** Has the body begun; is it over, well or not; what is wrong with it (NULL: nothing; constant)? */
bool kx_chunked_has_begun(const struct kx_chunked *chunks);
bool kx_chunked_is_over(const struct kx_chunked *chunks);
const char *kx_chunked_wrong(const struct kx_chunked *chunks);

/* Servers send chunks of one size after each other, so it can be told where the payload of many of
 * them will be, and one call of the system receives it right to where it belongs, and the frames
 * beside. What has come is looked at all the same; where it is otherwise, the rest is copied. */
#define KX_PLAN_PIECES  128
#define KX_PLAN_SCRATCH ((size_t)32 * 1024)

struct kx_chunked_plan {
    struct iovec pieces[KX_PLAN_PIECES]; /* to receive into, in this order */
    bool beside[KX_PLAN_PIECES];         /* of `scratch`: a frame, or what cannot be told */
    int count;
    size_t used; /* of scratch */
    char scratch[KX_PLAN_SCRATCH];
};

/** What to receive next, into so much room and beside it. There is room for one byte at least, if
 * the body is not over. Where the next chunk cannot be told, the last piece is a large one of the
 * scratch.
 *  @room count pieces, none of them empty; borrowed for the plan's life. */
void kx_chunked_plan(struct kx_chunked_plan *plan, const struct kx_chunked *chunks,
                     const struct iovec *room, int count);

/* What is left to do with what was received. */
struct kx_chunked_rest {
    const char *data; /* bytes of the connection that are not looked at yet */
    size_t length;
    char *copy; /* owned: g_free; may be NULL */
};

/** So many bytes were received by the plan: look at them.  @rest is behind what lies where it
 * belongs; it is no part of `room`, which may be overwritten then.
 *  @return how many bytes of payload have come into `room`, from its beginning without a gap. */
size_t kx_chunked_landed(const struct kx_chunked_plan *plan, struct kx_chunked *chunks, size_t got,
                         struct kx_chunked_rest *rest);
