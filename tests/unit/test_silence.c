/* The memory of a server's silence. */
#include "support.h"

#include <errno.h>

#include "rest/silence.h"

static void a_failure_speaks_for_a_second(void **state)
{
    (void)state;
    struct kx_silence silence;
    kx_silence_init(&silence);
    assert_false(kx_silence_lasts(&silence, 100));
    kx_silence_failed(&silence, 1000, 5000, ETIMEDOUT);
    assert_int_equal(kx_silence_lasts(&silence, 5000), ETIMEDOUT);
    kx_silence_failed(&silence, 1000, 5000, EHOSTDOWN);
    assert_int_equal(kx_silence_lasts(&silence, 5000), EHOSTDOWN);
    assert_true(kx_silence_lasts(&silence, 5000 + KX_SILENCE_MS - 1));
    assert_false(kx_silence_lasts(&silence, 5000 + KX_SILENCE_MS));
    kx_silence_clear(&silence);
}

static void an_answer_breaks_it(void **state)
{
    (void)state;
    struct kx_silence silence;
    kx_silence_init(&silence);
    kx_silence_failed(&silence, 1000, 5000, ETIMEDOUT);
    kx_silence_answered(&silence, 5100);
    assert_false(kx_silence_lasts(&silence, 5200));
    /* answered while the other waited: one slow question says nothing of the server */
    kx_silence_failed(&silence, 4000, 9000, ETIMEDOUT);
    assert_false(kx_silence_lasts(&silence, 9001));
    kx_silence_failed(&silence, 6000, 9000, ETIMEDOUT);
    assert_true(kx_silence_lasts(&silence, 9001));
    kx_silence_clear(&silence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_speaks_for_a_second),
        cmocka_unit_test(an_answer_breaks_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
