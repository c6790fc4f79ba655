#include "way.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SECOND    1000000000LL
#define CREDIT_NS 50000000LL /* how late a loop is made up for */
#define STEP_NS   2000000LL  /* a piece is what the rate lets through in this time */
#define TURNS     4          /* pieces in a row, before others have their turn */
#define PIECE_MIN 4096

struct kx_piece {
    struct kx_piece *next;
    int64_t due;
    size_t length, written; /* length 0: the end */
    char bytes[];
};

static bool is_due(const struct kx_way *way, int64_t now)
{
    return way->first && way->first->due <= now;
}

/* Bytes that may be read now; 0: none. */
static size_t allowance(const struct kx_way *way, int64_t now)
{
    if (way->ended || (way->full && way->ahead >= KX_AHEAD_MAX)) return 0;
    if (!way->rules->rate) return KX_PIECE_MAX;
    if (way->free_at > now) return 0;
    const uint64_t step = way->rules->rate * (uint64_t)STEP_NS / SECOND;
    return step < PIECE_MIN ? PIECE_MIN : step > KX_PIECE_MAX ? KX_PIECE_MAX : step;
}

/* When what is read now has arrived. */
static int64_t arrival(struct kx_way *way, int64_t now, size_t length)
{
    int64_t sent = now;
    if (way->rules->rate) {
        if (way->free_at < now - CREDIT_NS) way->free_at = now - CREDIT_NS;
        way->free_at += (int64_t)(length * (uint64_t)SECOND / way->rules->rate);
        if (way->free_at > sent) sent = way->free_at;
    }
    if (sent < way->not_before) sent = way->not_before;
    const int64_t due = sent + way->rules->delay_ns;
    return way->last && way->last->due > due ? way->last->due : due;
}

static void append(struct kx_way *way, int64_t due, const char *bytes, size_t length)
{
    struct kx_piece *piece = malloc(sizeof(*piece) + length);
    if (!piece) abort();
    *piece = (struct kx_piece){.due = due, .length = length};
    if (length) memcpy(piece->bytes, bytes, length);
    if (way->last) {
        way->last->next = piece;
    } else {
        way->first = piece;
    }
    way->last = piece;
}

/* As much as the socket takes; -1: it is broken. */
static ssize_t put(struct kx_way *way, const char *bytes, size_t length)
{
    size_t written = 0;
    while (written < length) {
        const ssize_t n = send(way->to, bytes + written, length - written, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno != EAGAIN) return -1;
        if (n < 0) {
            way->full = true;
            break;
        }
        written += (size_t)n;
    }
    way->passed += written;
    return (ssize_t)written;
}

/* At once, when nothing is before it; what the socket does not take waits. */
static int forward(struct kx_way *way, int64_t now, const char *bytes, size_t length)
{
    const int64_t due = arrival(way, now, length);
    size_t written = 0;
    if (length && due <= now && !way->first && !way->full) {
        const ssize_t n = put(way, bytes, length);
        if (n < 0) return -1;
        written = (size_t)n;
    }
    if (way->full) way->ahead += length - written;
    if (!length || written < length) append(way, due, bytes + written, length - written);
    return 0;
}

int kx_way_read(struct kx_way *way, int64_t now, char *buffer, kx_way_look look, void *data)
{
    for (int turn = 0; turn < TURNS && way->readable; turn++) {
        const size_t most = allowance(way, now);
        if (!most) return 0;
        const ssize_t n = recv(way->from, buffer, most, 0);
        if (n < 0 && errno != EAGAIN && errno != EINTR) return -1;
        if (n < 0) way->readable = errno == EINTR;
        if (n < 0) continue;
        if (n == 0) way->ended = true;
        if (n > 0) look(data, buffer, (size_t)n);
        if (forward(way, now, buffer, (size_t)n)) return -1;
    }
    return 0;
}

static void drop_first(struct kx_way *way)
{
    struct kx_piece *piece = way->first;
    way->first = piece->next;
    if (!way->first) way->last = NULL;
    free(piece);
}

int kx_way_write(struct kx_way *way, int64_t now)
{
    while (is_due(way, now) && !way->full) {
        struct kx_piece *piece = way->first;
        if (!piece->length) {
            shutdown(way->to, SHUT_WR);
            way->done = true;
        }
        const ssize_t n = put(way, piece->bytes + piece->written, piece->length - piece->written);
        if (n < 0) return -1;
        piece->written += (size_t)n;
        if (piece->written == piece->length) drop_first(way);
    }
    if (!way->full) way->ahead = 0;
    return 0;
}

int64_t kx_way_next(const struct kx_way *way, int64_t now)
{
    int64_t next = KX_NEVER;
    if (way->first && !way->full) next = way->first->due;
    if (!way->readable || way->ended || (way->full && way->ahead >= KX_AHEAD_MAX)) return next;
    const int64_t read_at = allowance(way, now) ? now : way->free_at;
    return read_at < next ? read_at : next;
}

void kx_way_clear(struct kx_way *way)
{
    while (way->first)
        drop_first(way);
}
