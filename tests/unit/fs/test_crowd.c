/* When a page is asked for instead of many names: arithmetic. */
#include "fs/names/crowd.h"

#include "expect.h"

#define WINDOW   1000 /* ms */
#define THOUSAND 1000
#define WORTH    16 /* a page of a thousand: KX_CROWD_MIN + 1000 / KX_CROWD_ENTRIES */

/* A directory, what was asked for, and what that cost. */
struct scene {
    struct kx_crowd crowd;
    struct kx_crowd_place place;
    unsigned alone, pages;
};

static struct scene scene_of(int64_t entries)
{
    return (struct scene){.place = {.entries = entries,
                                    .limit = THOUSAND,
                                    .now_ms = 5000,
                                    .window_ms = WINDOW,
                                    .changed = 7}};
}

/* So many names, each once, while the page that comes counts. */
static void ask(struct scene *s, unsigned names)
{
    bool page = false;
    for (unsigned i = 0; i < names; i++) {
        if (!page && kx_crowd_asks(&s->crowd, &s->place)) {
            kx_crowd_listed(&s->crowd, s->place.now_ms, true);
            s->pages++;
            page = true;
        }
        if (page)
            kx_crowd_answered(&s->crowd);
        else
            s->alone++;
    }
}

static void check_asked(struct scene *s, unsigned alone, unsigned pages)
{
    if (s->alone != alone || s->pages != pages)
        fail_msg("%u alone and %u pages, not %u and %u", s->alone, s->pages, alone, pages);
    s->alone = s->pages = 0;
}

/* The next window. */
static void pass(struct scene *s)
{
    s->place.now_ms += WINDOW + 1;
}

static void a_page_comes_when_it_is_worth_it(void **state)
{
    (void)state;
    struct scene s = scene_of(THOUSAND), small = scene_of(20);
    ask(&s, THOUSAND);
    check_asked(&s, WORTH, 1);
    ask(&small, 20);
    check_asked(&small, KX_CROWD_MIN, 1);
}

static void who_comes_again_gets_it_sooner(void **state)
{
    (void)state;
    struct scene s = scene_of(THOUSAND);
    static const unsigned ALONE[] = {WORTH, 8, 4, 2, KX_CROWD_AGAIN, KX_CROWD_AGAIN};
    for (size_t i = 0; i < G_N_ELEMENTS(ALONE); i++, pass(&s)) {
        ask(&s, 600);
        check_asked(&s, ALONE[i], 1);
    }
}

static void few_names_are_no_crowd(void **state)
{
    (void)state;
    struct scene s = scene_of(THOUSAND);
    for (int i = 0; i < 50; i++, pass(&s))
        ask(&s, WORTH);
    check_asked(&s, 50 * WORTH, 0);
}

/* One more than a page is worth, again and again: the first guess was wrong, and the only one. */
static void a_wrong_guess_is_not_made_again(void **state)
{
    (void)state;
    struct scene s = scene_of(THOUSAND);
    ask(&s, WORTH + 1);
    check_asked(&s, WORTH, 1);
    for (int i = 0; i < 50; i++) {
        pass(&s);
        ask(&s, WORTH + 1);
    }
    check_asked(&s, 50 * (WORTH + 1), 0);
    pass(&s);
    ask(&s, THOUSAND); /* but a larger crowd is found */
    check_asked(&s, 2 * WORTH, 1);
    pass(&s);
    ask(&s, THOUSAND);
    check_asked(&s, WORTH, 1);
}

/* Who stops whenever a page has come: it comes later and later. */
static void wrong_guesses_cost_little(void **state)
{
    (void)state;
    struct scene s = scene_of(THOUSAND);
    for (unsigned i = 0; i < 20; i++, pass(&s))
        while (s.pages == i)
            ask(&s, 1);
    check_asked(&s, 16 + 32 + 64 + 128 + 256 + 15 * THOUSAND / 2, 20);
}

/* Such a page says nothing of names that were changed after it. */
static void own_changes_begin_anew(void **state)
{
    (void)state;
    struct scene s = scene_of(THOUSAND);
    ask(&s, WORTH);
    s.place.changed++;
    ask(&s, WORTH);
    check_asked(&s, 2 * WORTH, 0);
    ask(&s, 1);
    check_asked(&s, 0, 1);
    s.place.changed++; /* it has answered one */
    ask(&s, 2 * WORTH);
    check_asked(&s, 2 * WORTH, 0);
}

/* A page that did not come, as one that was no use. */
static void a_page_that_fails(void **state)
{
    (void)state;
    struct scene s = scene_of(THOUSAND);
    for (unsigned enough = WORTH, i = 0; i < 8; i++, enough = MIN(2 * enough, THOUSAND / 2)) {
        for (unsigned j = 0; j < enough; j++)
            assert_false(kx_crowd_asks(&s.crowd, &s.place));
        assert_true(kx_crowd_asks(&s.crowd, &s.place));
        kx_crowd_listed(&s.crowd, s.place.now_ms, false);
    }
}

static void what_is_not_there_does_not_count(void **state)
{
    (void)state;
    struct scene s = scene_of(THOUSAND);
    for (int i = 0; i < 100; i++) {
        assert_false(kx_crowd_asks(&s.crowd, &s.place));
        kx_crowd_absent(&s.crowd);
    }
    kx_crowd_absent(&s.crowd);
    ask(&s, WORTH);
    check_asked(&s, WORTH, 0);
}

static void directories_that_are_left_alone(void **state)
{
    (void)state;
    static const int64_t ENTRIES[] = {-1, 0, 1, KX_CROWD_MIN, THOUSAND + 1, INT64_MAX};
    for (size_t i = 0; i < G_N_ELEMENTS(ENTRIES); i++) {
        struct scene s = scene_of(ENTRIES[i]);
        ask(&s, 100);
        check_asked(&s, 100, 0);
    }
    struct scene s = scene_of(THOUSAND);
    s.place.window_ms = 0; /* nothing counts for any time */
    ask(&s, 100);
    check_asked(&s, 100, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_comes_when_it_is_worth_it),
        cmocka_unit_test(who_comes_again_gets_it_sooner),
        cmocka_unit_test(few_names_are_no_crowd),
        cmocka_unit_test(a_wrong_guess_is_not_made_again),
        cmocka_unit_test(wrong_guesses_cost_little),
        cmocka_unit_test(own_changes_begin_anew),
        cmocka_unit_test(a_page_that_fails),
        cmocka_unit_test(what_is_not_there_does_not_count),
        cmocka_unit_test(directories_that_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
