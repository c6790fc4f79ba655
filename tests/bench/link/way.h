/* One way of a connection: bytes that are read from one socket and, later, written to another one.

   A way holds a rate and a delay: what is read at a time t has arrived delay_ns later, and no more
   is read than the rate lets through, so that the delay takes nothing from the throughput. Times
   are ns of CLOCK_MONOTONIC. Called by the loop of link.c, of one thread; nothing here blocks. */
#ifndef KX_LINK_WAY_H
#define KX_LINK_WAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KX_NEVER     INT64_MAX
#define KX_PIECE_MAX (256 * 1024)
#define KX_AHEAD_MAX                                                                               \
    (1024 * 1024) /* read beyond what the reader has taken, once it does not read */

struct kx_way_rules {
    int64_t delay_ns;
    uint64_t rate; /* bytes a second; 0: unlimited */
};

struct kx_piece;

struct kx_way {
    const struct kx_way_rules *rules; /* borrowed */
    int from, to;                     /* sockets, borrowed */
    struct kx_piece *first, *last;    /* on their way */
    int64_t free_at;                  /* when the rate lets the next byte through */
    int64_t not_before;               /* nothing sets out earlier: the handshake is on its way */
    size_t ahead;                     /* read since the reader stopped reading */
    bool readable;   /* `from` may have bytes; set by the caller, cleared when there are none */
    bool full;       /* `to` takes nothing; cleared by the caller when it may again */
    bool ended;      /* the end has been read */
    bool done;       /* and told */
    uint64_t passed; /* bytes written to the reader */
};

/* What is read passes through this before it sets out; it may be changed in place. */
typedef void (*kx_way_look)(void *data, char *bytes, size_t length);

/* Reads what may be read now, a few pieces at most. -1: the socket is broken. */
int kx_way_read(struct kx_way *way, int64_t now, char *buffer, kx_way_look look, void *data);

/* Writes what has arrived. -1: the socket is broken. */
int kx_way_write(struct kx_way *way, int64_t now);

/* When to call both again, whatever the sockets say; KX_NEVER: not before they say something. */
int64_t kx_way_next(const struct kx_way *way, int64_t now);

/* Frees what is on its way. */
void kx_way_clear(struct kx_way *way);

#endif
