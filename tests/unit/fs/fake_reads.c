#include "fake_reads.h"

#include <errno.h>

#include "support.h"

#define SAVED_US 200000 /* of what was not used, as a link's queue would */

struct kx_client {
    struct kx_pool *pool;
    struct fake_clock clock;
    int64_t stall_ms;
    GMutex mutex; /* guards all below */
    GCond changed;
    GArray *streams; /* of struct fake_stream */
    unsigned seed, pace_us, blocks_max, held;
    bool generous, shared;
    bool pace_shared;
    gint64 next_us; /* when the next block of all streams may come */
    struct kx_distance way;
    int open_code, pull_code;
    int64_t pull_from, hold_from; /* -1: nowhere */
};

struct kx_download {
    struct kx_client *client;
    unsigned number; /* of its stream */
    int64_t next, end;
    gint busy;
};

struct kx_client *fake_reads_new(void)
{
    struct kx_client *client = g_new0(struct kx_client, 1);
    client->pool = kx_pool_new(4);
    fake_clock_init(&client->clock);
    client->stall_ms = 60000;
    client->streams = g_array_new(FALSE, TRUE, sizeof(struct fake_stream));
    client->pull_from = client->hold_from = -1;
    g_mutex_init(&client->mutex);
    g_cond_init(&client->changed);
    return client;
}

void fake_reads_free(struct kx_client *client)
{
    bool shared = client->shared;
    unsigned open = 0, blocks = kx_pool_in_use(client->pool);
    for (guint i = 0; i < client->streams->len; i++)
        open += !g_array_index(client->streams, struct fake_stream, i).closed;
    g_array_free(client->streams, TRUE);
    g_mutex_clear(&client->mutex);
    g_cond_clear(&client->changed);
    if (blocks == 0) kx_pool_free(client->pool);
    g_free(client);
    assert_int_equal(blocks, 0);
    assert_int_equal(open, 0);
    assert_false(shared);
}

const struct kx_clock *kx_client_clock(const struct kx_client *client)
{
    return &client->clock.clock;
}

struct fake_clock *fake_reads_clock(struct kx_client *client)
{
    return &client->clock;
}

int64_t kx_client_stall_ms(const struct kx_client *client)
{
    return client->stall_ms;
}

void fake_reads_set_stall(struct kx_client *client, int64_t ms)
{
    client->stall_ms = ms;
}

char fake_reads_byte(unsigned seed, int64_t offset)
{
    uint64_t mixed = ((uint64_t)offset / 3 + seed) * 0x9e3779b97f4a7c15u + (uint64_t)offset;
    return (char)(mixed >> 56 ^ mixed >> 29);
}

#define LOCKED(client, statement)                                                                  \
    do {                                                                                           \
        g_mutex_lock(&(client)->mutex);                                                            \
        statement;                                                                                 \
        g_cond_broadcast(&(client)->changed);                                                      \
        g_mutex_unlock(&(client)->mutex);                                                          \
    } while (0)

void fake_reads_set_seed(struct kx_client *client, unsigned seed)
{
    LOCKED(client, client->seed = seed);
}

void fake_reads_fail_open(struct kx_client *client, int code)
{
    LOCKED(client, client->open_code = code);
}

void fake_reads_fail_pull(struct kx_client *client, int64_t offset, int code)
{
    LOCKED(client, (client->pull_from = offset, client->pull_code = code));
}

void fake_reads_hold(struct kx_client *client, int64_t offset)
{
    LOCKED(client, client->hold_from = offset);
}

void fake_reads_release(struct kx_client *client)
{
    LOCKED(client, client->hold_from = -1);
}

void fake_reads_set_pace(struct kx_client *client, unsigned us, bool generous)
{
    LOCKED(client, (client->pace_us = us, client->generous = generous));
}

void fake_reads_set_distance(struct kx_client *client, int64_t answer_us, bool datanodes)
{
    LOCKED(client, (client->way.answer_us = answer_us, client->way.datanodes = datanodes));
}

void fake_reads_share_pace(struct kx_client *client)
{
    LOCKED(client, client->pace_shared = true);
}

void fake_reads_wait_held(struct kx_client *client)
{
    g_mutex_lock(&client->mutex);
    while (client->held == 0)
        g_cond_wait(&client->changed, &client->mutex);
    g_mutex_unlock(&client->mutex);
}

unsigned fake_reads_count(struct kx_client *client)
{
    unsigned count;
    LOCKED(client, count = client->streams->len);
    return count;
}

struct fake_stream fake_reads_stream(struct kx_client *client, unsigned number)
{
    struct fake_stream stream = {0};
    LOCKED(client, if (number < client->streams->len) stream =
                       g_array_index(client->streams, struct fake_stream, number));
    return stream;
}

unsigned fake_reads_blocks(struct kx_client *client)
{
    return kx_pool_in_use(client->pool);
}

unsigned fake_reads_blocks_max(struct kx_client *client)
{
    unsigned most;
    LOCKED(client, most = client->blocks_max);
    return most;
}

/* --- what the reader calls --- */

struct kx_distance kx_client_distance(struct kx_client *client)
{
    struct kx_distance way;
    LOCKED(client, way = client->way);
    return way;
}

static void enter(struct kx_download *download)
{
    if (g_atomic_int_add(&download->busy, 1) != 0)
        LOCKED(download->client, download->client->shared = true);
}

static void leave(struct kx_download *download)
{
    g_atomic_int_add(&download->busy, -1);
}

int kx_download_open(struct kx_client *client, const struct kx_download_range *range,
                     const struct kx_call *call, struct kx_download **out, struct kx_error *err)
{
    struct fake_stream stream = {
        .offset = range->offset, .length = range->length, .window = range->window_bytes};
    if (range->version) stream.version = *range->version;
    if (range->offset < 0 || range->length <= 0)
        return kx_error_set(err, EINVAL, "an open outside of the file");
    if (kx_cancel_fired(call ? call->cancel : NULL)) return kx_error_set(err, EINTR, "interrupted");
    int code;
    unsigned number;
    LOCKED(client, (code = client->open_code, client->open_code = 0));
    if (code) return kx_error_set(err, code, "the open was told to fail");
    LOCKED(client, (number = client->streams->len, g_array_append_val(client->streams, stream)));
    struct kx_download *download = g_new0(struct kx_download, 1);
    *download = (struct kx_download){.client = client,
                                     .number = number,
                                     .next = range->offset,
                                     .end = range->offset + range->length};
    *out = download;
    return 0;
}

static void wake(void *context)
{
    struct kx_client *client = context;
    LOCKED(client, (void)0);
}

/* Wait while it is held, and say whether this pull is to fail.  @return 0 or a positive errno. */
static int wait_for_turn(struct kx_client *client, int64_t at, struct kx_cancel *cancel)
{
    struct kx_cancel_watch watch = {.wake = wake, .context = client};
    kx_cancel_watch(cancel, &watch);
    g_mutex_lock(&client->mutex);
    client->held++;
    g_cond_broadcast(&client->changed);
    while (client->hold_from >= 0 && at >= client->hold_from && !kx_cancel_fired(cancel))
        g_cond_wait(&client->changed, &client->mutex);
    client->held--;
    int code = 0;
    if (client->pull_from >= 0 && at >= client->pull_from) {
        code = client->pull_code;
        client->pull_from = -1;
    }
    g_mutex_unlock(&client->mutex);
    kx_cancel_unwatch(cancel, &watch);
    return kx_cancel_fired(cancel) ? EINTR : code;
}

static void take_time(struct kx_client *client, unsigned us)
{
    gint64 now = g_get_monotonic_time(), until = now + us;
    LOCKED(client, {
        client->next_us = MAX(client->next_us, now - SAVED_US) + us;
        if (client->pace_shared) until = client->next_us;
    });
    if (until > now) g_usleep((gulong)(until - now));
}

static struct kx_block *fill(struct kx_download *download, size_t want)
{
    struct kx_client *client = download->client;
    unsigned seed, pace_us;
    bool generous;
    LOCKED(client, (seed = client->seed, pace_us = client->pace_us, generous = client->generous));
    if (pace_us) take_time(client, pace_us);
    want = MIN(want, KX_BLOCK_BYTES);
    size_t length = generous ? (want + KX_BLOCK_BYTES) / 2 + want % 7 : want;
    length = MIN(length, KX_BLOCK_BYTES);
    length = (size_t)MIN((int64_t)length, download->end - download->next);
    struct kx_block *block = kx_pool_take(client->pool);
    for (size_t i = 0; i < length; i++)
        block->data[i] = fake_reads_byte(seed, download->next + (int64_t)i);
    block->length = length;
    download->next += (int64_t)length;
    g_mutex_lock(&client->mutex);
    g_array_index(client->streams, struct fake_stream, download->number).given += (int64_t)length;
    client->blocks_max = MAX(client->blocks_max, kx_pool_in_use(client->pool));
    g_mutex_unlock(&client->mutex);
    return block;
}

int kx_download_pull(struct kx_download *download, size_t want, const struct kx_call *call,
                     struct kx_block **out, struct kx_error *err)
{
    if (want == 0) return kx_error_set(err, EINVAL, "a pull of nothing");
    if (download->next >= download->end) return 0;
    enter(download);
    int code = wait_for_turn(download->client, download->next, call ? call->cancel : NULL);
    if (code == 0) *out = fill(download, want);
    leave(download);
    return code ? kx_error_set(err, code, "the pull was told to fail") : 1;
}

void kx_download_set_window(struct kx_download *download, size_t bytes)
{
    struct kx_client *client = download->client;
    LOCKED(client,
           g_array_index(client->streams, struct fake_stream, download->number).window = bytes);
}

int64_t kx_download_position(const struct kx_download *download)
{
    return download->next;
}

void kx_download_close(struct kx_download *download)
{
    if (!download) return;
    enter(download);
    struct kx_client *client = download->client;
    LOCKED(client,
           g_array_index(client->streams, struct fake_stream, download->number).closed = true);
    g_free(download);
}
