#include "fs/data/lanes.h"

#include "fs/data/reader_private.h"
#include "rest/client.h"

#define RUN_LEAST   KX_READ_STREAM_BYTES /* read in order before more streams are thought of */
#define PIECES_LEFT 3                    /* so many must be left of the file then */

/* A piece for a helper. */
struct lane_task {
    struct kx_reader *reader; /* a reference */
    struct kx_cancel *cancel; /* a reference */
    char *path;
    struct kx_read_target target;
    int64_t from, to;
    bool ending; /* it is nearly done, and does not count any more */
};

static void feed(struct kx_reader *reader, const struct kx_read_target *target);

/* Has the reader taken it for itself meanwhile, or another version come? */
static bool is_passed(const struct lane_task *task, int64_t at)
{
    struct kx_reads *reads = task->reader->reads;
    g_mutex_lock(&reads->mutex);
    bool passed = task->reader->lanes.at > at || !kx_reader_is_at(task->reader, &task->target);
    g_mutex_unlock(&reads->mutex);
    return passed;
}

/* So much of the piece is still to come: is it time for the next one? */
static void make_way(struct lane_task *task, int64_t left)
{
    struct kx_reader *reader = task->reader;
    struct kx_lanes *lanes = &reader->lanes;
    g_mutex_lock(&reader->reads->mutex);
    bool same = lanes->cancel == task->cancel && kx_reader_is_at(reader, &task->target);
    if (same && !task->ending && left <= kx_streams_lead(&lanes->streams, lanes->open_us)) {
        task->ending = true;
        lanes->ending++;
        feed(reader, &task->target);
    }
    g_mutex_unlock(&reader->reads->mutex);
}

static void leave(struct lane_task *task)
{
    struct kx_lanes *lanes = &task->reader->lanes;
    g_mutex_lock(&task->reader->reads->mutex);
    lanes->helpers--;
    if (task->ending) lanes->ending--;
    g_mutex_unlock(&task->reader->reads->mutex);
    kx_reader_free(task->reader);
    kx_cancel_unref(task->cancel);
    g_free(task->path);
    g_free(task);
}

static void fetch(gpointer data, gpointer context)
{
    struct lane_task *task = data;
    const struct kx_call call = {.cancel = task->cancel};
    struct kx_slices slices;
    KX_ERROR_AUTO(err); /* who reads the piece finds it out, too */
    int64_t at = task->from;
    int result = 0;
    (void)context;
    while (result == 0 && at < task->to && !is_passed(task, at)) {
        size_t size = (size_t)MIN(task->to - at, KX_READ_AHEAD_BYTES);
        kx_slices_init(&slices);
        result = kx_reader_read(task->reader, &task->target, at, size, &call, &slices, &err);
        kx_slices_clear(&slices);
        at += (int64_t)size;
        if (result == 0) make_way(task, task->to - at);
    }
    leave(task);
}

void kx_reads_set_streams(struct kx_reads *reads, unsigned most)
{
    reads->lanes_most = most ? most : KX_STREAMS_MOST;
    reads->lanes_wanted = most > 0;
    if (most != 1 && !reads->helpers)
        reads->helpers = g_thread_pool_new(fetch, reads, KX_LANES_MOST, FALSE, NULL);
}

void kx_lanes_stop(struct kx_reads *reads)
{
    if (reads->helpers) g_thread_pool_free(reads->helpers, FALSE, TRUE);
    reads->helpers = NULL;
}

/* --- the cursors --- */

static struct kx_cursor *last_lane(const struct kx_reader *reader)
{
    for (guint i = 0; i < reader->cursors->len; i++) {
        struct kx_cursor *cursor = g_ptr_array_index(reader->cursors, i);
        if (cursor->limit && cursor->limit == reader->lanes.next) return cursor;
    }
    return NULL;
}

/* The last lane goes on as a stream of its own. */
static void close_lanes(struct kx_reader *reader)
{
    struct kx_cursor *last = reader->lanes.next ? last_lane(reader) : NULL;
    reader->lanes.next = 0;
    if (!last) return;
    last->limit = 0;
    last->ended = false;
}

/* The stream of the run that is read: it ends after a piece.  @return whether there is one. */
static bool open_lanes(struct kx_reader *reader, int64_t piece, int64_t file_length)
{
    struct kx_lanes *lanes = &reader->lanes;
    for (guint i = 0; i < reader->cursors->len; i++) {
        struct kx_cursor *cursor = g_ptr_array_index(reader->cursors, i);
        bool near = lanes->at >= cursor->begin && lanes->at <= cursor->end + KX_READ_AHEAD_BYTES;
        bool long_run = cursor->end - cursor->run_begin >= RUN_LEAST;
        bool goes = cursor->download && !cursor->busy && near && long_run;
        if (!goes || cursor->stop < file_length) continue;
        if (file_length - cursor->end < PIECES_LEFT * piece) continue;
        cursor->limit = cursor->stop = lanes->next = cursor->end + piece;
        lanes->run_begin = cursor->run_begin;
        return true;
    }
    return false;
}

static void drop_passed(struct kx_wish *wish)
{
    struct kx_reader *reader = wish->reader;
    int64_t keep = wish->from - kx_run_behind(wish->to - wish->from);
    for (guint i = reader->cursors->len; i-- > 0;) {
        struct kx_cursor *cursor = g_ptr_array_index(reader->cursors, i);
        bool passed = cursor->limit && cursor->end >= cursor->limit && cursor->limit <= keep;
        if (passed && !cursor->busy && cursor->limit != reader->lanes.next)
            kx_reads_drop(reader->reads, cursor, wish->dropped);
    }
}

static void send_helper(struct kx_reader *reader, const struct kx_read_target *target,
                        const struct kx_cursor *cursor, int64_t to)
{
    struct kx_lanes *lanes = &reader->lanes;
    if (!lanes->cancel) lanes->cancel = kx_cancel_new();
    struct lane_task *task = g_new0(struct lane_task, 1);
    *task = (struct lane_task){.reader = reader,
                               .cancel = kx_cancel_ref(lanes->cancel),
                               .path = g_strdup(target->path),
                               .target = *target,
                               .from = cursor->end,
                               .to = to};
    task->target.path = task->path;
    task->target.ahead = true;
    reader->refs++;
    lanes->helpers++;
    g_thread_pool_push(reader->reads->helpers, task, NULL);
}

/* A piece for each stream that is free, and not too far before the reader. */
static void feed(struct kx_reader *reader, const struct kx_read_target *target)
{
    struct kx_lanes *lanes = &reader->lanes;
    int64_t piece = kx_streams_piece(&lanes->streams), length = target->length;
    int64_t until = lanes->at + 2 * piece * lanes->streams.count;
    while (lanes->next && lanes->next < MIN(until, length) && target->path &&
           lanes->helpers - lanes->ending < lanes->streams.count) {
        struct kx_cursor *lane = kx_cursor_new(reader, reader->reads->budget, lanes->next);
        int64_t to = MIN(lanes->next + piece, length);
        lane->run_begin = lanes->run_begin;
        lane->wanted = to;
        lane->limit = to < length ? to : 0;
        lane->ended = lane->limit != 0;
        lane->jumps = reader->pattern.jumps;
        g_ptr_array_add(reader->cursors, lane);
        lanes->next = lane->limit;
        send_helper(reader, target, lane, to);
    }
}

/* --- when --- */

/* All readers' pieces together are at most half of the budget.  @return what this one's may be; 0:
 * no limit. */
static int64_t room(const struct kx_reader *reader)
{
    const struct kx_reads *reads = reader->reads;
    int64_t limit = kx_budget_limit(reads->budget);
    return limit ? MAX(limit / 2 - (reads->lanes_claimed - reader->lanes.claim), 1) : 0;
}

static unsigned most(const struct kx_reads *reads, int64_t bytes)
{
    int64_t count = bytes ? bytes / (2 * KX_STREAMS_PIECE_LEAST) : KX_STREAMS_MOST;
    return (unsigned)CLAMP(count, 1, (int64_t)reads->lanes_most);
}

static void claim(struct kx_reader *reader, int64_t bytes)
{
    reader->reads->lanes_claimed += bytes - reader->lanes.claim;
    reader->lanes.claim = bytes;
}

void kx_lanes_clear(struct kx_reader *reader)
{
    claim(reader, 0);
    kx_cancel_unref(reader->lanes.cancel);
}

static void new_round(struct kx_reader *reader, gint64 now)
{
    struct kx_lanes *lanes = &reader->lanes;
    lanes->came = 0;
    lanes->all = reader->reads->came;
    lanes->begun_us = lanes->since_us = now;
    lanes->waited_us = 0;
}

void kx_lanes_opened(struct kx_reader *reader, gint64 us)
{
    struct kx_lanes *lanes = &reader->lanes;
    lanes->open_us = MAX(us, lanes->open_us - lanes->open_us / 8);
    /* a file's first round tells how fast bytes come, not how long the first one takes */
    if (lanes->came == 0 && !lanes->next) new_round(reader, g_get_monotonic_time());
}

/* Another place is read: nothing of what was measured counts. */
static struct kx_cancel *start_again(struct kx_reader *reader, int64_t at, gint64 now)
{
    struct kx_lanes *lanes = &reader->lanes;
    close_lanes(reader);
    claim(reader, 0);
    lanes->streams =
        (struct kx_streams){.rest = lanes->streams.rest, .failed = lanes->streams.failed};
    lanes->at = at;
    new_round(reader, now);
    return g_steal_pointer(&lanes->cancel);
}

static void end_round(struct kx_wish *wish, gint64 now)
{
    struct kx_reader *reader = wish->reader;
    struct kx_lanes *lanes = &reader->lanes;
    struct kx_reads *reads = reader->reads;
    const struct kx_distance way = kx_client_distance(reads->client);
    bool may = reads->lanes_wanted || way.datanodes;
    int64_t bytes = room(reader);
    const struct kx_streams_round round = {.bytes = lanes->came,
                                           .took_us = now - lanes->begun_us,
                                           .waited_us = lanes->waited_us,
                                           .most = may ? most(reads, bytes) : 1,
                                           .room = bytes,
                                           .wanted = reads->lanes_wanted,
                                           .all_bytes = reads->came - lanes->all,
                                           .answer_us = way.answer_us};
    unsigned count = kx_streams_judge(&lanes->streams, &round);
    claim(reader, count > 1 ? 2 * kx_streams_piece(&lanes->streams) * count : 0);
    if (count <= 1) close_lanes(reader);
    new_round(reader, now);
}

void kx_lanes_begin(struct kx_reader *reader)
{
    struct kx_lanes *lanes = &reader->lanes;
    if (lanes->waiting++ > 0) return;
    lanes->since_us = g_get_monotonic_time();
    if (lanes->begun_us > 0) return;
    lanes->begun_us = lanes->since_us;
    lanes->all = reader->reads->came;
}

static void count_wait(struct kx_lanes *lanes, gint64 now)
{
    lanes->waited_us += now - lanes->since_us;
    lanes->since_us = now;
    lanes->waiting--;
}

void kx_lanes_end(struct kx_wish *wish, bool good)
{
    struct kx_reader *reader = wish->reader;
    struct kx_lanes *lanes = &reader->lanes;
    gint64 now = g_get_monotonic_time();
    count_wait(lanes, now);
    if (!good || reader->reads->lanes_most <= 1) return;
    int64_t reach = kx_run_behind(wish->to - wish->from);
    if (wish->from > lanes->at + reach || wish->from < lanes->at - reach) {
        wish->stale = start_again(reader, wish->to, now);
        return;
    }
    lanes->at = MAX(lanes->at, wish->to);
    int64_t piece = kx_streams_piece(&lanes->streams);
    bool wanted = lanes->streams.count > 1;
    bool full = lanes->came >= piece;
    if (wanted && !lanes->next && open_lanes(reader, piece, wish->target->length))
        new_round(reader, now);
    else if (full && wanted == (lanes->next > 0) && now - lanes->begun_us >= KX_STREAMS_ROUND_US)
        end_round(wish, now);
    if (lanes->next) feed(reader, wish->target);
    drop_passed(wish);
}
