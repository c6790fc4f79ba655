#include "fs/data/checked.h"

#include <errno.h>

#include "base/gate.h"
#include "fs/mount.h"
#include "rest/verify.h"

enum state {
    BEGIN, /* nothing was read yet */
    ON,    /* all up to `next` was summed */
    DUE,   /* the whole file */
    OVER,  /* it is right, or cannot be checked */
    WRONG
};

/* What came before its turn. */
struct early {
    int64_t offset;
    struct kx_slices slices;
};

struct kx_checked {
    struct kx_mount *mount;
    struct kx_gate gate; /* guards the rest */
    enum state state;
    struct kx_version version;
    unsigned generation;
    int64_t length, next, early_bytes;
    struct kx_sum *sum;
    GQueue early; /* of struct early, in no order */
    struct kx_error failure;
};

struct kx_checked *kx_checked_new(struct kx_mount *mount)
{
    struct kx_checked *checked = g_new0(struct kx_checked, 1);
    checked->mount = mount;
    kx_gate_init(&checked->gate);
    g_queue_init(&checked->early);
    return checked;
}

static void early_free(gpointer data)
{
    struct early *early = data;
    kx_slices_clear(&early->slices);
    g_free(early);
}

/* Nothing more is to be summed. */
static void settle(struct kx_checked *checked, enum state state)
{
    checked->state = state;
    g_queue_clear_full(&checked->early, early_free);
    checked->early_bytes = 0;
    if (state != DUE) g_clear_pointer(&checked->sum, kx_sum_free);
}

void kx_checked_free(struct kx_checked *checked)
{
    if (!checked) return;
    settle(checked, OVER);
    kx_error_clear(&checked->failure);
    kx_gate_clear(&checked->gate);
    g_free(checked);
}

static bool is_same(const struct kx_checked *checked, const struct kx_checked_part *part)
{
    return checked->version.file_id == part->status->file_id &&
           checked->version.mtime_ms == part->status->mtime_ms &&
           checked->length == part->status->length && checked->generation == part->generation;
}

static int begin(struct kx_checked *checked, const struct kx_checked_part *part,
                 const struct kx_call *call, struct kx_error *err)
{
    const struct kx_status *status = part->status;
    int64_t block_bytes = status->block_bytes;
    bool can = block_bytes > 0 && !status->encrypted && !status->erasure_coded;
    checked->version = (struct kx_version){status->file_id, status->mtime_ms};
    checked->length = status->length;
    checked->generation = part->generation;
    int result =
        can ? kx_verify_begin(checked->mount->client, &block_bytes, call, &checked->sum, err) : 0;
    if (result == 0) checked->state = can ? ON : OVER;
    return result;
}

/* Sum what of the slices is next. */
static void feed(struct kx_checked *checked, int64_t offset, const struct kx_slices *slices)
{
    for (guint i = 0; i < slices->pieces->len; i++) {
        const struct iovec *piece = &g_array_index(slices->pieces, struct iovec, i);
        int64_t end = offset + (int64_t)piece->iov_len, skipped = checked->next - offset;
        if (skipped >= 0 && end > checked->next) {
            kx_sum_feed(checked->sum, (const char *)piece->iov_base + skipped,
                        (size_t)(end - checked->next));
            checked->next = end;
        }
        offset = end;
    }
}

static void keep(struct kx_checked *checked, int64_t offset, const struct kx_slices *slices)
{
    int64_t bytes = (int64_t)slices->length;
    bool far = offset + bytes > checked->next + KX_CHECKED_AHEAD_BYTES ||
               checked->early_bytes + bytes > KX_CHECKED_AHEAD_BYTES;
    if (far) {
        settle(checked, OVER); /* it jumps */
        return;
    }
    struct early *early = g_new0(struct early, 1);
    early->offset = offset;
    kx_slices_init(&early->slices);
    for (guint i = 0; i < slices->blocks->len; i++)
        g_ptr_array_add(early->slices.blocks, kx_block_ref(g_ptr_array_index(slices->blocks, i)));
    g_array_append_vals(early->slices.pieces, slices->pieces->data, slices->pieces->len);
    early->slices.length = slices->length;
    g_queue_push_tail(&checked->early, early);
    checked->early_bytes += bytes;
}

/* Something that waited may have its turn.  @return whether something had. */
static bool feed_early(struct kx_checked *checked)
{
    for (GList *at = checked->early.head; at; at = at->next) {
        struct early *early = at->data;
        if (early->offset > checked->next) continue;
        feed(checked, early->offset, &early->slices);
        checked->early_bytes -= (int64_t)early->slices.length;
        g_queue_delete_link(&checked->early, at);
        early_free(early);
        return true;
    }
    return false;
}

static void pass(struct kx_checked *checked, const struct kx_checked_part *part,
                 const struct kx_slices *slices)
{
    if (!is_same(checked, part)) {
        settle(checked, OVER);
        return;
    }
    if (part->offset > checked->next) {
        keep(checked, part->offset, slices);
        return;
    }
    feed(checked, part->offset, slices);
    while (feed_early(checked))
        continue;
    if (checked->next >= checked->length) settle(checked, DUE);
}

/* Ask, and compare. */
static int compare(struct kx_checked *checked, const struct kx_checked_part *part,
                   const struct kx_call *call, struct kx_error *err)
{
    int result = 0;
    if (part->path && is_same(checked, part))
        result = kx_verify_read(checked->mount->client, part->path, checked->sum, call, err);
    if (result == 0) settle(checked, OVER);
    if (result != -EIO) return result;
    if (err) kx_error_copy(&checked->failure, err);
    settle(checked, WRONG);
    return result;
}

int kx_checked_pass(struct kx_checked *checked, const struct kx_checked_part *part,
                    const struct kx_slices *slices, const struct kx_call *call,
                    struct kx_error *err)
{
    int64_t patience = kx_client_stall_ms(checked->mount->client);
    int result = kx_gate_enter(&checked->gate, call ? call->cancel : NULL, patience);
    if (result < 0) return kx_error_set(err, -result, "the checksum of this file is not done");
    if (checked->state == BEGIN) result = begin(checked, part, call, err);
    if (result == 0 && checked->state == ON) pass(checked, part, slices);
    if (result == 0 && checked->state == DUE) {
        result = compare(checked, part, call, err);
    } else if (result == 0 && checked->state == WRONG) {
        if (err) kx_error_copy(err, &checked->failure);
        result = -EIO;
    }
    kx_gate_leave(&checked->gate);
    return result;
}
