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

unsigned kx_streams_judge(struct kx_streams *streams, const struct kx_streams_round *round)
{
    if (streams->begins) {
        streams->begins = false;
        return count_of(streams);
    }
    int64_t rate = round->bytes * G_USEC_PER_SEC / MAX(round->took_us, 1);
    bool tried = streams->before != 0, waits = round->waited_us > round->took_us / 2;
    bool gained = is_gain(rate, streams->rate);
    if (tried && waits && !gained) take_back(streams);
    streams->before = 0;
    if (!tried || gained) streams->rate = rate;
    streams->count = MIN(count_of(streams), MAX(round->most, 1));
    if (streams->rest > 0)
        streams->rest--;
    else if (waits)
        try_more(streams, round->most);
    return count_of(streams);
}

int64_t kx_streams_piece(const struct kx_streams *streams)
{
    unsigned count = streams->before ? streams->before : count_of(streams);
    int64_t piece = streams->rate / count * 2 / 5;
    return CLAMP(piece / MIB * MIB, KX_STREAMS_PIECE_LEAST, KX_STREAMS_PIECE_MOST);
}
