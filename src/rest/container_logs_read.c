/* Ranges of a container's log. */
#include <errno.h>
#include <string.h>

#include "rest/container_logs_private.h"

#define SLACK           ((int64_t)65536) /* for what a log grows while it is asked for */
#define TRIES           3
#define BETWEEN_MS      15000 /* a reader waits for collected logs */
#define BETWEEN_STEP_MS 500
#define LONG            ((int64_t)4 * 1024 * 1024)
#define HEAD_MAX        ((size_t)4096) /* bytes in front of a log's own, and behind them */

static const char MISSING[] = "Can not find logs";
static const char ROUND[] = "LogAggregationType: AGGREGATED\n";

/* A line of the head: "LogLength:63587". */
static const char *after(const char *head, size_t length, const char *title)
{
    const char *at = g_strstr_len(head, (gssize)length, title);
    return at && (at == head || at[-1] == '\n') ? at + strlen(title) : NULL;
}

int kx_log_piece(const char *text, size_t length, int64_t size, struct kx_log_piece *out,
                 struct kx_error *err)
{
    static const char CONTENTS[] = "LogContents:\n";
    size_t head = MIN(length, HEAD_MAX);
    const char *count = after(text, head, "LogLength:"), *bytes = after(text, head, CONTENTS);
    if (!count || !bytes || count > bytes)
        return after(text, head, MISSING)
                   ? kx_error_set(err, ENOENT, "there is no such log")
                   : kx_error_set(err, EPROTO, "the answer is no container's log");
    int64_t total = g_ascii_strtoll(count, NULL, 10);
    int64_t asked = size < 0 ? -size : size;
    size_t here = (size_t)MIN(MAX(total, 0), asked);
    if (total < 0 || here > length - (size_t)(bytes - text))
        return kx_error_set(err, EIO, "the log was cut off on its way");
    const char *behind = bytes + here;
    *out = (struct kx_log_piece){
        .total = total,
        .from = size < 0 ? total - (int64_t)here : 0,
        .bytes = bytes,
        .length = here,
        .rounds = after(behind, MIN(length - (size_t)(behind - text), HEAD_MAX), ROUND) != NULL};
    return 0;
}

/* One request: the first or the last bytes. */
static int ask(const struct kx_logs_source *source, const struct kx_log_name *name, int64_t size,
               const struct kx_call *call, GBytes **body, struct kx_log_piece *piece,
               struct kx_error *err)
{
    g_autoptr(GString) path = g_string_new(source->path);
    g_autoptr(GString) params = g_string_new(NULL);
    g_autofree char *below = g_strconcat("/containerlogs/", name->container, "/", name->file, NULL);
    kx_url_append_path(path, below);
    if (source->params) g_string_append(params, source->params);
    kx_url_append_query_int(params, "size", size);
    struct kx_service_ask request = {
        .path = path->str, .params = params->str, .call = call, .cap = (size_t)KX_LOGS_REACH * 2};
    int result = kx_service_run(source->service, &request, body, err);
    if (result < 0) return kx_logs_source_failed(source, result, err);
    gsize length = 0;
    const char *text = g_bytes_get_data(*body, &length);
    return kx_log_piece(text, length, size, piece, err);
}

/* What a piece has from an offset on.  @return owned; NULL: it begins behind that. */
static GBytes *cut(GBytes *body, const struct kx_log_piece *piece, int64_t offset)
{
    if (piece->from > offset && piece->from < piece->total) return NULL;
    int64_t skip = MIN(offset - MIN(piece->from, offset), (int64_t)piece->length);
    const char *start = g_bytes_get_data(body, NULL);
    return g_bytes_new_from_bytes(body, (gsize)(piece->bytes - start) + (gsize)skip,
                                  piece->length - (gsize)skip);
}

/* What is wanted of a log that had so many bytes when it was looked at: of what is in the
 * container's folder, where some of it was collected. */
struct range {
    int64_t offset;
    size_t want;
    int64_t total;
    bool rounds; /* some was */
};

static int read_from(const struct kx_logs_source *source, const struct kx_log_name *name,
                     const struct range *range, const struct kx_call *call, GBytes **out,
                     struct kx_error *err)
{
    int64_t total = range->total;
    for (int i = 0; i < TRIES; i++) {
        int64_t head = range->offset + (int64_t)range->want, tail = total - range->offset + SLACK;
        int64_t size = head <= tail ? head : -tail;
        if (MIN(head, tail) > KX_LOGS_REACH)
            return kx_error_set(err, EFBIG, "this place is more than %d MiB from both ends",
                                (int)(KX_LOGS_REACH / 1024 / 1024));
        g_autoptr(GBytes) body = NULL;
        struct kx_log_piece piece;
        int result = ask(source, name, size, call, &body, &piece, err);
        if (result < 0) return result;
        if (source->live && piece.rounds && !range->rounds)
            return kx_error_set(err, EAGAIN, "the log is being collected");
        *out = cut(body, &piece, range->offset);
        if (*out) return 0;
        total = piece.total; /* it grew faster than it was read */
    }
    return kx_error_set(err, EIO, "the log grows faster than it can be read");
}

/* From a server that has it at this moment. */
static int ask_servers(struct kx_logs *logs, const struct kx_log_name *name,
                       const struct range *range, const struct kx_call *call, GBytes **out,
                       struct kx_error *err)
{
    int result = -ENOENT;
    for (int number = 0; number < KX_LOGS_SOURCES; number++) {
        __attribute__((cleanup(kx_logs_source_clear))) struct kx_logs_source source = {0};
        kx_error_clear(err);
        result = kx_logs_source(logs, name, number, call, &source, err);
        if (result == 0) result = read_from(&source, name, range, call, out, err);
        if (result == 0 || result == -EINTR) return result;
    }
    return result;
}

/* A long log that was collected is read where it lies: a server would read it from its start. */
static int read_now(struct kx_logs *logs, const struct kx_log_name *name, const struct range *range,
                    const struct kx_call *call, GBytes **out, struct kx_error *err)
{
    struct kx_collected *collected = kx_logs_collected(logs);
    KX_ERROR_AUTO(why);
    bool tried = range->total > LONG && kx_logs_ended(logs, name->app, call);
    if (tried &&
        kx_collected_read(collected, name, range->offset, range->want, call, out, &why) == 0)
        return 0;
    int result = why.code == EINTR ? -EINTR : ask_servers(logs, name, range, call, out, err);
    if (result == 0 || result == -EINTR || tried) return result;
    if (kx_collected_read(collected, name, range->offset, range->want, call, out, NULL) < 0)
        return result;
    kx_error_clear(err);
    return 0;
}

/* Of a log that is collected in rounds while it is written: its first bytes are in HDFS, its last
 * ones in the container's folder. A round may end at any moment: then these bytes are no longer
 * what they were taken for, and are asked for anew. */
static int read_rounds(struct kx_logs *logs, const struct kx_log_name *name,
                       const struct kx_log_look *look, const struct range *range,
                       const struct kx_call *call, GBytes **out, struct kx_error *err)
{
    __attribute__((cleanup(kx_logs_source_clear))) struct kx_logs_source source = {0};
    g_autoptr(GBytes) bytes = NULL;
    struct kx_log_look again;
    if (range->offset < look->collected) {
        size_t here = (size_t)MIN((int64_t)range->want, look->collected - range->offset);
        int result = kx_collected_read(kx_logs_collected(logs), name, range->offset, here, call,
                                       &bytes, err);
        if (result == 0 && g_bytes_get_size(bytes) == 0)
            result = kx_error_set(err, EAGAIN, "a part of the log is not seen in HDFS yet");
        if (result == 0) *out = g_steal_pointer(&bytes);
        return result;
    }
    const struct range below = {range->offset - look->collected, range->want,
                                look->size - look->collected, true};
    int result = kx_logs_source(logs, name, 0, call, &source, err);
    if (result == 0) result = read_from(&source, name, &below, call, &bytes, err);
    if (result < 0) return result;
    kx_logs_forget(logs, name->container);
    result = kx_logs_look(logs, name, call, &again, err);
    if (result < 0) return result;
    if (again.collected != look->collected)
        return kx_error_set(err, EAGAIN, "the log is being collected");
    *out = g_steal_pointer(&bytes);
    return 0;
}

/* One try.  @ends set when what was read is all that there is. */
static int read_once(struct kx_logs *logs, const struct kx_log_name *name, int64_t offset,
                     size_t want, const struct kx_call *call, GBytes **out, bool *ends,
                     struct kx_error *err)
{
    struct kx_log_look look;
    int result = kx_logs_look(logs, name, call, &look, err);
    if (result < 0) return result;
    *ends = offset >= look.size;
    if (*ends) {
        *out = g_bytes_new(NULL, 0);
        return 0;
    }
    const struct range range = {offset, want, look.size, look.collected > 0};
    result = look.collected ? read_rounds(logs, name, &look, &range, call, out, err)
                            : read_now(logs, name, &range, call, out, err);
    if (result == -EAGAIN) kx_logs_forget(logs, name->container);
    *ends = offset >= look.collected;
    return result;
}

/* Tries until they are collected, when nobody has the bytes. */
static int read_patiently(struct kx_logs *logs, const struct kx_log_name *name, int64_t offset,
                          size_t want, const struct kx_call *call, GBytes **out, bool *ends,
                          struct kx_error *err)
{
    for (int waited = 0;; waited += BETWEEN_STEP_MS) {
        kx_error_clear(err);
        int result = read_once(logs, name, offset, want, call, out, ends, err);
        if (result == 0 || result == -EINTR || result == -EFBIG || result == -ENODATA ||
            waited >= BETWEEN_MS)
            return result;
        if (kx_cancel_sleep(call ? call->cancel : NULL, BETWEEN_STEP_MS) < 0)
            return kx_error_set(err, EINTR, "interrupted");
    }
}

int kx_logs_read(struct kx_logs *logs, const struct kx_log_name *name, int64_t offset, size_t want,
                 const struct kx_call *call, GBytes **out, struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct kx_error *to = err ? err : &own;
    g_autoptr(GBytes) first = NULL, rest = NULL;
    bool ends = true;
    int result = read_patiently(logs, name, offset, want, call, &first, &ends, to);
    if (result < 0) return result;
    gsize here = 0, more = 0;
    const char *bytes = g_bytes_get_data(first, &here);
    if (!ends && here < want)
        result =
            read_patiently(logs, name, offset + (int64_t)here, want - here, call, &rest, &ends, to);
    if (result < 0) return result;
    if (!rest) {
        *out = g_steal_pointer(&first);
        return 0;
    }
    const char *behind = g_bytes_get_data(rest, &more);
    char *joined = g_malloc(here + more + 1);
    memcpy(joined, bytes, here);
    if (more) memcpy(joined + here, behind, more);
    *out = g_bytes_new_take(joined, here + more);
    return 0;
}
