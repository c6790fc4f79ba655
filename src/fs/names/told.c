#include "fs/names/told.h"

#include <errno.h>

#include "base/gate.h"
#include "fs/mount.h"
#include "fs/names/crowd.h"
#include "fs/names/lookup.h"
#include "fs/names/pages.h"
#include "rest/webhdfs.h"

#define WALK_STEPS_MIN                                                                             \
    3 /* names asked for one by one before a page of the listing is asked for instead */

/* A name, and how it is asked for. */
struct question {
    struct kx_mount *mount;
    struct kx_inode *parent;
    const char *name;
    int64_t since_ms; /* what came earlier is too old */
    const struct kx_call *call;
};

static int64_t now_ms(const struct kx_mount *mount)
{
    return mount->clock->now_ms(mount->clock);
}

/* Were names of the directory changed here since the page was asked for, or is what is known of the
 * one newer? */
static bool is_outdated(const struct question *q, const struct kx_page_origin *page)
{
    g_autoptr(kx_inode) known = kx_inodes_child(q->mount->inodes, q->parent, q->name);
    return kx_inode_touched_since(q->parent, page->epoch) ||
           (known && kx_inode_is_newer(known, page->epoch, page->asked_ms));
}

static bool pages_tell(const struct question *q, struct kx_told *out)
{
    struct kx_page_origin page = {0};
    bool found =
        kx_pages_find(q->mount->pages, q->parent->node, q->name, q->since_ms, &out->status, &page);
    if (found && is_outdated(q, &page)) {
        kx_status_clear(&out->status);
        found = false;
    }
    if (!found) return false;
    out->epoch = page.epoch;
    out->at_ms = page.came_ms;
    kx_inode_crowd_note(q->parent, kx_crowd_answered);
    return true;
}

/* @after NULL: a directory of one page, which counts as known since it was asked for, as it answers
 * for names that are asked for while it comes. */
static int list(const struct question *q, const char *after)
{
    struct kx_mount *mount = q->mount;
    struct kx_page page = {0};
    struct kx_page_origin origin = {.directory = q->parent->node,
                                    .after = after,
                                    .epoch = kx_inodes_epoch(mount->inodes),
                                    .asked_ms = now_ms(mount)};
    g_autofree char *path = kx_inode_path(q->parent);
    if (!path) return -ESTALE;
    int result = kx_webhdfs_list(mount->client, path, after, q->call, &page, NULL);
    if (result < 0) return result;
    origin.came_ms = after ? now_ms(mount) : origin.asked_ms;
    kx_pages_put(mount->pages, &origin, &page);
    if (!after)
        kx_inode_note_entries(q->parent, page.entries->len + page.remaining, origin.asked_ms);
    kx_page_clear(&page);
    return 0;
}

static bool is_crowd(const struct question *q)
{
    struct kx_mount *mount = q->mount;
    return kx_inode_crowd_asks(q->parent, kx_pages_limit(mount->pages), now_ms(mount),
                               (int64_t)(mount->options->attr_timeout_s * 1000));
}

/* Only who asks for pages of the directory gets past; the others find what came. That it took too
 * long, or was interrupted, is as if no page had come. */
static bool enter(const struct question *q)
{
    struct kx_gate *gate = kx_inode_crowd_gate(q->parent);
    int64_t patience = kx_client_stall_ms(q->mount->client);
    return kx_gate_enter(gate, q->call ? q->call->cancel : NULL, patience) == 0;
}

static void leave(const struct question *q)
{
    kx_gate_leave(kx_inode_crowd_gate(q->parent));
}

/* A program walks through the directory, asking for name after name: list them from here on. */
static bool walk_tells(const struct question *q, struct kx_told *out)
{
    g_autofree char *before = NULL;
    unsigned steps = kx_inode_walk(q->parent, q->name, now_ms(q->mount), &before);
    if (steps < WALK_STEPS_MIN || !enter(q)) return false;
    bool told = pages_tell(q, out) || (list(q, before) == 0 && pages_tell(q, out));
    leave(q);
    return told;
}

/* That a page does not come is told to nobody: each then asks for himself, and the next crowd must
 * be larger. */
static bool crowd_tells(const struct question *q, struct kx_told *out)
{
    if (!is_crowd(q)) return pages_tell(q, out); /* it may have come just now */
    if (!enter(q)) return false;
    bool told = pages_tell(q, out);
    if (!told && is_crowd(q)) {
        int64_t asked_ms = now_ms(q->mount);
        int result = list(q, NULL);
        if (result != -EINTR) /* else the next one asks */
            kx_inode_crowd_listed(q->parent, asked_ms, result == 0);
        told = result == 0 && pages_tell(q, out);
    }
    leave(q);
    return told;
}

static int server_tells(const struct question *q, struct kx_told *out, struct kx_error *err)
{
    g_autofree char *path = NULL;
    int result = kx_path_in(q->parent, q->name, &path, err);
    out->epoch = kx_inodes_epoch(q->mount->inodes);
    if (result == 0) result = kx_webhdfs_stat(q->mount->client, path, q->call, &out->status, err);
    out->at_ms = now_ms(q->mount);
    bool absent = result == -ENOENT || !path; /* no page would have told that */
    if (absent) kx_inode_crowd_note(q->parent, kx_crowd_absent);
    return result;
}

int kx_told_ask(struct kx_mount *mount, struct kx_inode *parent, const char *name,
                enum kx_told_to to, int64_t within_ms, const struct kx_call *call,
                struct kx_told *out, struct kx_error *err)
{
    const struct question q = {mount, parent, name, now_ms(mount) - within_ms, call};
    *out = (struct kx_told){0};
    if (pages_tell(&q, out) || (to == KX_TOLD_LOOKUP && walk_tells(&q, out)) ||
        (to != KX_TOLD_FOLLOWER && crowd_tells(&q, out)))
        return 0;
    return server_tells(&q, out, err);
}
