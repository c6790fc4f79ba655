#include "fs/data/walk.h"

#include <glib.h>

enum order { BY_NAME, BY_NUMBER, ORDERS };

/* How far in one order the files were opened. */
struct line {
    unsigned *files; /* in this order */
    unsigned *place; /* of each file in it */
    int at;          /* the last place that was gone to; -1: none */
    unsigned steps;  /* from neighbour to neighbour, in a row */
};

struct file {
    bool worth, opened, fetched;
};

struct kx_walk {
    unsigned count;
    struct file *files;
    struct line lines[ORDERS];
    enum kx_walk_start start;
    unsigned window;      /* how many may be fetched and not yet opened; 0: it is no walk */
    unsigned outstanding; /* so many are */
    unsigned used, lost;
    int64_t last_ms, pace_ms; /* between two opens; 0: not known */
};

/* A file in the order of numbers. */
struct numbered {
    uint64_t number;
    unsigned index;
};

static gint by_number(gconstpointer a, gconstpointer b)
{
    const struct numbered *one = a, *other = b;
    if (one->number == other->number) return one->index < other->index ? -1 : 1;
    return one->number < other->number ? -1 : 1;
}

static void line_init(struct line *line, const struct kx_walk_file *files, unsigned count,
                      bool sorted)
{
    g_autoptr(GArray) order = g_array_sized_new(FALSE, FALSE, sizeof(struct numbered), count);
    for (unsigned i = 0; i < count; i++) {
        const struct numbered file = {files[i].number, i};
        g_array_append_val(order, file);
    }
    if (sorted) g_array_sort(order, by_number);
    line->at = -1;
    line->files = g_new(unsigned, MAX(count, 1));
    line->place = g_new(unsigned, MAX(count, 1));
    for (unsigned i = 0; i < count; i++) {
        line->files[i] = g_array_index(order, struct numbered, i).index;
        line->place[line->files[i]] = i;
    }
}

struct kx_walk *kx_walk_new(const struct kx_walk_file *files, unsigned count,
                            enum kx_walk_start start)
{
    struct kx_walk *walk = g_new0(struct kx_walk, 1);
    walk->count = count;
    walk->start = start;
    walk->files = g_new0(struct file, MAX(count, 1));
    for (unsigned i = 0; i < count; i++)
        walk->files[i].worth = files[i].worth;
    for (int order = 0; order < ORDERS; order++)
        line_init(&walk->lines[order], files, count, order == BY_NUMBER);
    return walk;
}

void kx_walk_free(struct kx_walk *walk)
{
    if (!walk) return;
    for (int order = 0; order < ORDERS; order++) {
        g_free(walk->lines[order].files);
        g_free(walk->lines[order].place);
    }
    g_free(walk->files);
    g_free(walk);
}

/* How many files before `to` were passed over, counting no further than `most` + 1. */
static unsigned passed_over(const struct kx_walk *walk, const struct line *line, unsigned to,
                            unsigned most)
{
    unsigned passed = 0;
    for (unsigned place = (unsigned)(line->at + 1); place < to && passed <= most; place++)
        if (!walk->files[line->files[place]].opened) passed++;
    return passed;
}

/* The first file that is opened, when something was known before. */
static unsigned first_steps(const struct kx_walk *walk, unsigned place)
{
    bool goes = walk->start == KX_WALK_GOES || (walk->start == KX_WALK_NEXT && place == 0);
    return goes ? KX_WALK_STEPS : 0;
}

/* Several programs at once overtake each other, within what is fetched. */
static void step(const struct kx_walk *walk, struct line *line, unsigned index)
{
    int place = (int)line->place[index];
    unsigned slack = walk->window;
    if (place <= line->at && (place == line->at || place + (int)slack > line->at)) return;
    if (line->at < 0)
        line->steps = first_steps(walk, (unsigned)place);
    else if (place > line->at && passed_over(walk, line, (unsigned)place, slack) <= slack)
        line->steps++;
    else
        line->steps = 0;
    line->at = place;
}

static const struct line *best_line(const struct kx_walk *walk)
{
    const struct line *lines = walk->lines;
    return lines[BY_NUMBER].steps > lines[BY_NAME].steps ? &lines[BY_NUMBER] : &lines[BY_NAME];
}

/* What is fetched and not opened is in vain. */
static void give_up(struct kx_walk *walk)
{
    for (unsigned i = 0; walk->outstanding > 0 && i < walk->count; i++) {
        struct file *file = &walk->files[i];
        if (!file->fetched || file->opened) continue;
        file->fetched = false;
        walk->lost++;
        walk->outstanding--;
    }
    walk->window = 0;
}

/* A slow server makes pauses, too: who comes back for what was fetched for him goes on, at that
 * pace. */
static void keep_pace(struct kx_walk *walk, int64_t now_ms, bool hit)
{
    int64_t gap = now_ms - walk->last_ms;
    bool first = walk->last_ms == 0;
    walk->last_ms = MAX(now_ms, 1);
    if (first) return;
    if (gap > KX_WALK_PAUSE_MS && hit) {
        walk->pace_ms = gap;
    } else if (gap > KX_WALK_PAUSE_MS) {
        walk->lines[BY_NAME].steps = walk->lines[BY_NUMBER].steps = 0;
        walk->pace_ms = 0;
    } else {
        walk->pace_ms = walk->pace_ms ? (3 * walk->pace_ms + gap) / 4 : gap;
    }
}

bool kx_walk_opened(struct kx_walk *walk, unsigned index, int64_t now_ms)
{
    struct file *file = &walk->files[index];
    bool was = walk->window > 0, hit = file->fetched && !file->opened;
    keep_pace(walk, now_ms, hit);
    for (int order = 0; order < ORDERS; order++)
        step(walk, &walk->lines[order], index);
    file->opened = true;
    if (hit) {
        walk->used++;
        walk->outstanding--;
    }
    if (best_line(walk)->steps >= KX_WALK_STEPS)
        walk->window = was ? MIN(walk->window + hit, KX_WALK_AHEAD) : 2;
    else
        give_up(walk);
    return !was || walk->window > 0;
}

static unsigned how_many(const struct kx_walk *walk)
{
    int64_t at_pace = KX_WALK_HORIZON_MS / MAX(walk->pace_ms, 1);
    if (walk->lost > KX_WALK_LOST + walk->used / 8) return 0;
    return (unsigned)MIN((int64_t)walk->window, at_pace);
}

int kx_walk_next(struct kx_walk *walk)
{
    const struct line *line = best_line(walk);
    if (walk->outstanding >= how_many(walk)) return -1;
    unsigned end = MIN(walk->count, (unsigned)(line->at + 1) + 4 * KX_WALK_AHEAD);
    for (unsigned place = (unsigned)(line->at + 1); place < end; place++) {
        struct file *file = &walk->files[line->files[place]];
        if (!file->worth || file->opened || file->fetched) continue;
        file->fetched = true;
        walk->outstanding++;
        return (int)line->files[place];
    }
    return -1;
}

void kx_walk_skip(struct kx_walk *walk, unsigned index)
{
    struct file *file = &walk->files[index];
    file->worth = false;
    if (!file->fetched) return;
    file->fetched = false;
    if (!file->opened) walk->outstanding--;
}

bool kx_walk_goes(const struct kx_walk *walk)
{
    return walk->window > 0;
}
