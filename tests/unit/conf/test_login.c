#include "conf/login.h"

#include "support.h"

/* What is said at the start of `knoxfs -o LIST ENDPOINT /mnt`.  @words NULL: nothing. */
static void check(const char *list, const char *endpoint, const char *words)
{
    const char *const argv[] = {"knoxfs", "-o", list, endpoint, "/mnt"};
    struct kx_options options;
    struct kx_endpoint place;
    KX_ERROR_AUTO(err);
    if (kx_options_parse(G_N_ELEMENTS(argv), (char **)(uintptr_t)argv, &options, &err) < 0)
        fail_msg("%s: %s", list, err.message);
    assert_int_equal(kx_endpoint_parse(endpoint, &place, NULL), 0);
    g_autofree char *warning = kx_login_warning(&options, &place);
    kx_endpoint_clear(&place);
    kx_options_clear(&options);
    if (!words != !warning || (words && !strstr(warning, words)))
        fail_msg("%s %s: %s", list, endpoint, warning ? warning : "nothing");
}

static void a_password_in_clear_is_warned_of(void **state)
{
    (void)state;
    check("auth_file=f", "http://nn", "http://nn:9870 in clear");
    check("token_file=f", "http://nn1,nn2", "in clear");
    check("auth_file=f", "http://127.evil.example", "in clear");
    check("auth_file=f", "https://nn", NULL);
    check("auth_file=f", "http://localhost", NULL);
    check("auth_file=f", "http://127.0.0.1:1", NULL);
    check("auth_file=f", "http://[::1]:1", NULL);
    check("user=bob", "http://nn", NULL);
    check("auth_file=f,token_url=http://gw/t", "https://nn", "http://gw/t in clear");
    check("auth_file=f,token_url=https://gw/t", "https://nn", NULL);
}

static void certificates_that_are_not_looked_at_are_warned_of(void **state)
{
    (void)state;
    check("insecure_tls", "https://nn", "insecure_tls");
    check("insecure_tls,auth_file=f", "https://nn", "the login included");
    check("cacert=f", "https://nn", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_in_clear_is_warned_of),
        cmocka_unit_test(certificates_that_are_not_looked_at_are_warned_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
