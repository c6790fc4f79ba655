/* Many names of one directory that are asked for within a short time, in whatever order: when a
 * page of its listing is the cheaper question, as it answers all of them.
 *
 * A program that has a thousand files of a folder open asks for each of them again, one by one, as
 * soon as their attributes have expired. Measured (Hadoop 3.4.2, one kept connection, full JIT): a
 * page of 1000 entries takes a NameNode 2.5 ms and 270 kB, and HttpFS 11 ms, where GETFILESTATUS
 * takes 0.5 and 1 ms; of 100 entries 0.6 and 2 ms. So a page is worth as many questions as it takes
 * KX_CROWD_ENTRIES entries, and the four that make anybody suspect a crowd. When so many names were
 * asked for one by one, the page is asked for: a guess that was wrong has cost twice as much at
 * most. A page that has not answered as many makes the next one need twice as many names, up to
 * half of the directory; one that has makes it need half as many.
 *
 * Arithmetic only.  Threads: none of its own; a directory's is guarded by the inode table's mutex.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define KX_CROWD_MIN     4  /* names; the directory must have more */
#define KX_CROWD_ENTRIES 80 /* of a page that cost as much as one GETFILESTATUS, with a reserve */
#define KX_CROWD_AGAIN   2  /* names that are asked for before a page that is worth it each time */

/* Zeroed: nothing is known. */
struct kx_crowd {
    int64_t since_ms;  /* names are counted from then on */
    uint64_t changed;  /* of the directory then; another one begins anew */
    unsigned asked;    /* so many names since, one by one ... */
    unsigned enough;   /* ... and after so many a page; 0: what one is worth */
    int64_t entries;   /* of the directory then */
    bool listed;       /* there is a page that was not judged yet, and it has ... */
    unsigned answered; /* ... answered so many */
};

/* What there is to know of a directory. */
struct kx_crowd_place {
    int64_t entries;   /* it has; -1: nobody knows */
    int64_t limit;     /* a page has; a directory with more is left alone */
    int64_t now_ms;    /* monotonic */
    int64_t window_ms; /* how long what a page says counts; 0: never */
    uint64_t changed;  /* grows with every change of it here, which makes pages worthless */
};

/** A name is about to be asked for.  @return true: a page is, instead, and nothing is counted. */
bool kx_crowd_asks(struct kx_crowd *crowd, const struct kx_crowd_place *place);

/** It was not there, which no page would have told. */
void kx_crowd_absent(struct kx_crowd *crowd);

/** A page was asked for at that time; @came: one that did not is as one that answers nothing. */
void kx_crowd_listed(struct kx_crowd *crowd, int64_t asked_ms, bool came);

/** A page has answered for a name. */
void kx_crowd_answered(struct kx_crowd *crowd);
