/* Whether the server has been silent: so that those who queued behind a call that waited in vain
 * need not wait as long again.
 *
 * The kernel lets lookups of one name wait for each other: with a silent server the n-th of them
 * would fail after n times the deadline. So for a second after a question about names has timed
 * out, further ones fail at once, unless the server has answered anything since the one that failed
 * was asked. Threads: any. Times in ms of a monotonic clock. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define KX_SILENCE_MS 1000 /* how long one failure speaks for the others */

struct kx_silence {
    GMutex mutex;                /* guards all below */
    int64_t answered_ms;         /* the last answer of any kind; 0: none yet */
    int64_t asked_ms, failed_ms; /* of the last question that was not answered; 0: there was none */
    int code;                    /* how it ended */
};

void kx_silence_init(struct kx_silence *silence);
void kx_silence_clear(struct kx_silence *silence);

void kx_silence_answered(struct kx_silence *silence, int64_t now_ms);
/** @code the errno that the question ended with, positive. */
void kx_silence_failed(struct kx_silence *silence, int64_t asked_ms, int64_t now_ms, int code);

/** @return the errno that others got a moment ago, positive; 0: ask. */
int kx_silence_lasts(struct kx_silence *silence, int64_t now_ms);
