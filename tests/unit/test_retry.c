#include "rest/retry.h"

#include <errno.h>
#include <limits.h>

#include "fake_clock.h"
#include "rest/errno_map.h"
#include "support.h"

#define GIVE_UP    KX_GIVE_UP
#define TRY_AGAIN  KX_TRY_AGAIN
#define LOOK_FIRST KX_LOOK_FIRST

/* A kind of failure, and what is done about it for an operation that may be repeated, one that must
 * be looked at, and one whose bytes are gone. */
static const struct {
    const char *what;
    int code;
    long status;
    const char *exception;
    bool unsent;
    enum kx_verdict repeat, look, never;
} KINDS[] = {
    /* the call is over, or no server helps */
    {"interrupted", EINTR, 0, NULL, false, GIVE_UP, GIVE_UP, GIVE_UP},
    {"interrupted before it was sent", EINTR, 0, NULL, true, GIVE_UP, GIVE_UP, GIVE_UP},
    {"out of memory", ENOMEM, 0, NULL, false, GIVE_UP, GIVE_UP, GIVE_UP},
    {"an answer that is too long", EMSGSIZE, 200, NULL, false, GIVE_UP, GIVE_UP, GIVE_UP},
    /* never sent */
    {"refused", EHOSTDOWN, 0, NULL, true, TRY_AGAIN, TRY_AGAIN, TRY_AGAIN},
    {"no such host", EHOSTUNREACH, 0, NULL, true, TRY_AGAIN, TRY_AGAIN, TRY_AGAIN},
    {"cut before it was sent", EIO, 0, NULL, true, TRY_AGAIN, TRY_AGAIN, TRY_AGAIN},
    {"TLS that fails", EPROTO, 0, NULL, true, GIVE_UP, GIVE_UP, GIVE_UP},
    {"a proxy that wants a login", EACCES, 0, NULL, true, GIVE_UP, GIVE_UP, GIVE_UP},
    {"a URL that is none", EINVAL, 0, NULL, true, GIVE_UP, GIVE_UP, GIVE_UP},
    /* an answer that is final */
    {"not there", ENOENT, 404, "FileNotFoundException", false, GIVE_UP, GIVE_UP, GIVE_UP},
    {"denied", EACCES, 403, "AccessControlException", false, GIVE_UP, GIVE_UP, GIVE_UP},
    {"not logged in", EACCES, 401, NULL, false, GIVE_UP, GIVE_UP, GIVE_UP},
    {"no WebHDFS", ENOENT, 404, NULL, false, GIVE_UP, GIVE_UP, GIVE_UP},
    {"HttpFS's word for denied", EACCES, 500, "AccessControlException", false, GIVE_UP, GIVE_UP,
     GIVE_UP},
    {"an exception nobody knows", EIO, 500, "RuntimeException", false, GIVE_UP, GIVE_UP, GIVE_UP},
    {"a body that is none", EPROTO, 200, NULL, false, GIVE_UP, GIVE_UP, GIVE_UP},
    /* not done: later, or elsewhere */
    {"a standby", EAGAIN, 403, "StandbyException", false, TRY_AGAIN, TRY_AGAIN, TRY_AGAIN},
    {"later", EAGAIN, 403, "RetriableException", false, TRY_AGAIN, TRY_AGAIN, TRY_AGAIN},
    {"busy", EAGAIN, 503, NULL, false, TRY_AGAIN, TRY_AGAIN, TRY_AGAIN},
    {"too many", EAGAIN, 429, NULL, false, TRY_AGAIN, TRY_AGAIN, TRY_AGAIN},
    /* nobody knows */
    {"a gateway's 500", EIO, 500, NULL, false, TRY_AGAIN, LOOK_FIRST, GIVE_UP},
    {"a gateway's 502", EIO, 502, NULL, false, TRY_AGAIN, LOOK_FIRST, GIVE_UP},
    {"a gateway's 504", ETIMEDOUT, 504, NULL, false, TRY_AGAIN, LOOK_FIRST, GIVE_UP},
    {"cut", EIO, 0, NULL, false, TRY_AGAIN, LOOK_FIRST, GIVE_UP},
    {"silent", ETIMEDOUT, 0, NULL, false, GIVE_UP, LOOK_FIRST, GIVE_UP},
    {"not HTTP", EPROTO, 0, NULL, false, GIVE_UP, LOOK_FIRST, GIVE_UP},
};

static void every_operation_and_every_failure(void **state)
{
    (void)state;
    unsigned seen[3] = {0};
    for (int op = 0; op < KX_OP_COUNT; op++) {
        const struct kx_op_info *info = kx_op_info((enum kx_op)op);
        seen[info->unknown]++;
        for (size_t i = 0; i < G_N_ELEMENTS(KINDS); i++) {
            const struct kx_error err = {.code = KINDS[i].code,
                                         .http_status = KINDS[i].status,
                                         .unsent = KINDS[i].unsent,
                                         .exception = (char *)(uintptr_t)KINDS[i].exception};
            const enum kx_verdict expected[] = {[KX_REPEAT] = KINDS[i].repeat,
                                                [KX_LOOK] = KINDS[i].look,
                                                [KX_NEVER] = KINDS[i].never};
            enum kx_verdict verdict = kx_retry_judge((enum kx_op)op, &err);
            if (verdict != expected[info->unknown])
                fail_msg("%s after \"%s\": %d instead of %d", info->name, KINDS[i].what, verdict,
                         expected[info->unknown]);
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(seen); i++)
        assert_true(seen[i] > 0);
}

/* What a DataNode or a NameNode says when it cannot reach somebody: worth another try of an OPEN.
 */
static void what_passes_for_an_open(void **state)
{
    (void)state;
    static const struct {
        int code;
        const char *exception, *message;
        enum kx_verdict verdict;
    } SAID[] = {
        {EIO, "EOFException", "End of File Exception between local host is", TRY_AGAIN},
        {EIO, "java.io.EOFException", NULL, TRY_AGAIN},
        {EHOSTDOWN, "ConnectException", "Call From a to b failed", TRY_AGAIN},
        {ETIMEDOUT, "SocketTimeoutException", NULL, TRY_AGAIN},
        {EHOSTUNREACH, "NoRouteToHostException", NULL, TRY_AGAIN},
        {EIO, "IOException", "No active nodes contain this block", TRY_AGAIN},
        {EIO, "BlockMissingException", "Could not obtain block: BP-1:blk_1 file=/f", TRY_AGAIN},
        {ERANGE, "EOFException", "Premature EOF from inputStream after skipping", GIVE_UP},
        {EIO, "IOException", "something else", GIVE_UP},
        {EIO, "IOException", NULL, GIVE_UP},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(SAID); i++) {
        const struct kx_error err = {.code = SAID[i].code,
                                     .http_status = 403,
                                     .exception = (char *)(uintptr_t)SAID[i].exception,
                                     .message = (char *)(uintptr_t)SAID[i].message};
        if (kx_retry_judge(KX_OPEN, &err) != SAID[i].verdict)
            fail_msg("%s: %s", SAID[i].exception, SAID[i].message);
        if (!kx_exception_is_transient(err.exception, 403))
            assert_int_equal(kx_retry_judge(KX_APPEND, &err), GIVE_UP);
    }
}

/* What may go wrong when it is done twice is never repeated unseen. */
static void operations_that_must_not_be_repeated(void **state)
{
    (void)state;
    static const enum kx_op OPS[] = {KX_RENAME,         KX_DELETE,         KX_CONCAT,
                                     KX_TRUNCATE,       KX_CREATE,         KX_APPEND,
                                     KX_CREATESNAPSHOT, KX_DELETESNAPSHOT, KX_RENAMESNAPSHOT};
    const struct kx_error cut = {.code = EIO};
    for (size_t i = 0; i < G_N_ELEMENTS(OPS); i++)
        assert_int_not_equal(kx_retry_judge(OPS[i], &cut), KX_TRY_AGAIN);
}

static void pauses_double_up_to_five_seconds(void **state)
{
    (void)state;
    static const int FULL[] = {100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000};
    struct fake_clock fake;
    for (int attempt = 1; attempt <= (int)G_N_ELEMENTS(FULL); attempt++) {
        fake_clock_init(&fake);
        assert_int_equal(kx_retry_pause_ms(&fake.clock, attempt, 0), FULL[attempt - 1] / 2);
        fake.chance = (uint32_t)FULL[attempt - 1] / 2;
        assert_int_equal(kx_retry_pause_ms(&fake.clock, attempt, 0), FULL[attempt - 1]);
    }
    fake_clock_init(&fake);
    assert_int_equal(kx_retry_pause_ms(&fake.clock, INT_MAX, 0), 2500);
}

static void chance_takes_off_up_to_a_half(void **state)
{
    (void)state;
    struct fake_clock fake;
    fake_clock_init(&fake);
    fake.step = 2654435761u; /* goes around all 32 bits */
    int least = INT_MAX, most = 0;
    for (int i = 0; i < 5000; i++) {
        int pause = kx_retry_pause_ms(&fake.clock, 4, 0);
        assert_in_range(pause, 400, 800);
        least = MIN(least, pause);
        most = MAX(most, pause);
    }
    assert_int_equal(least, 400);
    assert_int_equal(most, 800);
    fake.chance = UINT32_MAX;
    assert_in_range(kx_retry_pause_ms(&fake.clock, 4, 0), 400, 800);
}

static void another_server_may_do_better(void **state)
{
    (void)state;
    static const struct {
        int code;
        long status;
        const char *exception;
        bool elsewhere;
    } ROWS[] = {
        {EHOSTDOWN, 0, NULL, true},
        {EHOSTUNREACH, 0, NULL, true},
        {ETIMEDOUT, 0, NULL, true},
        {EIO, 0, NULL, true},
        {EHOSTDOWN, 403, "StandbyException", true},
        {EHOSTDOWN, 403, "RetriableException", true},
        {EIO, 500, NULL, true},
        {EHOSTDOWN, 503, NULL, true},
        {ENOENT, 404, "FileNotFoundException", false},
        {EACCES, 500, "AccessControlException", false},
        {EACCES, 401, NULL, false},
        {EPROTO, 0, NULL, false}, /* a wrong certificate */
        {EINTR, 0, NULL, false},
        {EMSGSIZE, 200, NULL, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        g_autofree char *exception = g_strdup(ROWS[i].exception);
        const struct kx_error err = {
            .code = ROWS[i].code, .http_status = ROWS[i].status, .exception = exception};
        assert_int_equal(kx_retry_elsewhere(&err), ROWS[i].elsewhere);
    }
}

static void the_servers_word_is_obeyed_up_to_ten_seconds(void **state)
{
    (void)state;
    struct fake_clock fake;
    fake_clock_init(&fake);
    assert_int_equal(kx_retry_pause_ms(&fake.clock, 1, 1), 1000);
    assert_int_equal(kx_retry_pause_ms(&fake.clock, 7, 10), 10000);
    assert_int_equal(kx_retry_pause_ms(&fake.clock, 1, 11), 10000);
    assert_int_equal(kx_retry_pause_ms(&fake.clock, 1, LONG_MAX), 10000);
    assert_int_equal(kx_retry_pause_ms(&fake.clock, 1, -1), 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_and_every_failure),
        cmocka_unit_test(what_passes_for_an_open),
        cmocka_unit_test(operations_that_must_not_be_repeated),
        cmocka_unit_test(pauses_double_up_to_five_seconds),
        cmocka_unit_test(chance_takes_off_up_to_a_half),
        cmocka_unit_test(another_server_may_do_better),
        cmocka_unit_test(the_servers_word_is_obeyed_up_to_ten_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
