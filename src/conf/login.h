/* From the options to a login and to how servers are reached and known.
 *
 * Used by mount.c and main before any thread is started. */
#pragma once
#include "conf/options.h"
#include "rest/auth.h"

/** @typed the password of options->ask_password, borrowed for the life of the login; else NULL.
 *  @runner who runs knoxfs, for the simple login; may be NULL.
 *  @return 0; -EINVAL: options that exclude each other; what kx_auth_new returns. */
struct kx_login_config {
    const struct kx_options *options;
    const struct kx_endpoint *endpoint;
    const struct kx_secret *typed;
    const char *runner;
    const struct kx_clock *clock;
    struct kx_log *log;
};
int kx_login_new(const struct kx_login_config *config, struct kx_auth **out, struct kx_error *err);

/** All members borrowed from the options. */
struct kx_http_settings kx_login_settings(const struct kx_options *options);

/** What a person should know at each start: "certificates are not looked at", a password that goes
 * over plain http.  @return owned; NULL: nothing. */
char *kx_login_warning(const struct kx_options *options, const struct kx_endpoint *endpoint);

/** Does anything of the options make this process hold a secret? */
bool kx_login_is_secret(const struct kx_options *options);
