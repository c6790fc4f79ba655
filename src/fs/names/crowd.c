#include "fs/names/crowd.h"

#include <glib.h>

/* What was the last page good for? */
static void judge(struct kx_crowd *crowd)
{
    unsigned worth = KX_CROWD_MIN + (unsigned)(crowd->entries / KX_CROWD_ENTRIES);
    unsigned most = MAX((unsigned)(crowd->entries / 2), worth);
    if (!crowd->enough) crowd->enough = worth;
    if (!crowd->listed) return;
    crowd->enough = crowd->answered >= worth ? MAX(crowd->enough / 2, KX_CROWD_AGAIN)
                                             : MIN(crowd->enough * 2, most);
    crowd->listed = false;
}

bool kx_crowd_asks(struct kx_crowd *crowd, const struct kx_crowd_place *place)
{
    if (place->entries <= KX_CROWD_MIN || place->entries > place->limit || place->window_ms <= 0)
        return false;
    bool over = !crowd->enough || crowd->changed != place->changed ||
                place->now_ms - crowd->since_ms > place->window_ms;
    crowd->entries = place->entries;
    if (over) {
        judge(crowd);
        crowd->since_ms = place->now_ms;
        crowd->changed = place->changed;
        crowd->asked = 0;
    }
    if (crowd->asked >= crowd->enough) return true;
    crowd->asked++;
    return false;
}

void kx_crowd_absent(struct kx_crowd *crowd)
{
    if (crowd->asked > 0) crowd->asked--;
}

void kx_crowd_listed(struct kx_crowd *crowd, int64_t asked_ms, bool came)
{
    judge(crowd); /* the page before */
    crowd->listed = true;
    crowd->answered = 0;
    crowd->since_ms = asked_ms;
    crowd->asked = 0;
    if (!came) judge(crowd);
}

void kx_crowd_answered(struct kx_crowd *crowd)
{
    if (crowd->listed) crowd->answered++;
}
