/* Getting a token from Knox's knoxtoken service. Only auth.c uses it. Threads: any. */
#pragma once
#include "rest/auth_pass.h"
#include "rest/http.h"

/** Ask @url with the header of @with for a token; one request, no redirect.
 *  @out owned: a BEARER pass that knows when it ends.  @return 0; -EACCES: refused; -errno with the
 * URL in the reason. */
int kx_token_get(struct kx_http *http, const char *url, const struct kx_pass *with,
                 const struct kx_limits *limits, struct kx_pass **out, struct kx_error *err);
