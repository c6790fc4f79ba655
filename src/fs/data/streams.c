#include "fs/data/streams.h"

#include <glib.h>

#define MIB ((int64_t)1024 * 1024)

static unsigned count_of(const struct kx_streams *streams)
{
    return MAX(streams->count, 1);
}

static bool is_gain(int64_t rate, int64_t before)
{
    return rate >= before + before / 100 * KX_STREAMS_GAIN_PERCENT;
}

static void take_back(struct kx_streams *streams)
{
    streams->count = streams->before;
    streams->rest = (unsigned)KX_STREAMS_REST << MIN(streams->failed, 10);
    streams->failed++;
}

static void try_more(struct kx_streams *streams, unsigned most)
{
    unsigned count = count_of(streams), more = MIN(2 * count, MIN(most, KX_STREAMS_MOST));
    if (more <= count) return;
    streams->before = count;
    streams->begins = true;
    streams->count = more;
}

static int64_t rate_of(int64_t bytes, const struct kx_streams_round *round)
{
    return bytes * G_USEC_PER_SEC / MAX(round->took_us, 1);
}

/* A round, before its rate is kept.  @counts: it was no try, and its reader waited. */
static void note_alone(struct kx_streams *streams, const struct kx_streams_round *round,
                       bool counts)
{
    int64_t rate = rate_of(round->bytes, round);
    bool same = ABS(rate - streams->rate) <= streams->rate / 8;
    bool slow = rate_of(round->all_bytes, round) < KX_STREAMS_FAR_RATE;
    counts = counts && count_of(streams) == 1;
    streams->steady = !counts ? 0 : same ? streams->steady + 1 : 1;
    streams->slow = counts && slow ? streams->slow + 1 : 0;
}

/* Is there a reason for more of them? Where there are several, that was found out. */
static bool is_worth(const struct kx_streams *streams, const struct kx_streams_round *round)
{
    int64_t all = rate_of(round->all_bytes, round);
    if (round->wanted || count_of(streams) > 1) return true;
    if (round->answer_us >= KX_STREAMS_FAR_US) return streams->slow >= KX_STREAMS_SLOW;
    return all < KX_STREAMS_NEAR_RATE && streams->steady >= KX_STREAMS_STEADY;
}

unsigned kx_streams_judge(struct kx_streams *streams, const struct kx_streams_round *round)
{
    if (streams->begins) {
        streams->begins = false;
        return count_of(streams);
    }
    int64_t rate = rate_of(round->bytes, round);
    streams->room = round->room;
    bool tried = streams->before != 0, waits = round->waited_us > round->took_us / 2;
    bool gained = is_gain(rate, streams->rate);
    if (tried && waits && !gained) take_back(streams);
    streams->before = 0;
    note_alone(streams, round, waits && !tried);
    if (!tried || gained) streams->rate = rate;
    streams->count = MIN(count_of(streams), MAX(round->most, 1));
    if (streams->rest > 0)
        streams->rest--;
    else if (waits && is_worth(streams, round))
        try_more(streams, round->most);
    return count_of(streams);
}

/* Bytes a second of one of them. */
static int64_t rate_of_one(const struct kx_streams *streams)
{
    return streams->rate / (streams->before ? streams->before : count_of(streams));
}

int64_t kx_streams_piece(const struct kx_streams *streams)
{
    int64_t piece = rate_of_one(streams) * 2 / 5, most = KX_STREAMS_PIECE_MOST;
    if (streams->room > 0) most = MIN(most, streams->room / (2 * (int64_t)count_of(streams)));
    return MAX(MIN(piece, most) / MIB * MIB, KX_STREAMS_PIECE_LEAST);
}

int64_t kx_streams_lead(const struct kx_streams *streams, int64_t open_us)
{
    int64_t us = CLAMP(open_us, 0, G_USEC_PER_SEC);
    return MIN(rate_of_one(streams) * us / G_USEC_PER_SEC, kx_streams_piece(streams) / 2);
}
