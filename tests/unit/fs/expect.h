/* An assertion on an error, for tests that bring their own client (support.c has the real one).
 * Threads: the test's. */
#pragma once
#include <string.h>

#include "base/error.h"
#include "support.h"

/** Its code, and a part of its message. */
static inline void expect_error(const struct kx_error *err, int code, const char *message)
{
    const char *said = err->message ? err->message : "";
    if (err->code != code || !strstr(said, message))
        fail_msg("wanted %s and \"%s\", got %s and \"%s\"", g_strerror(code), message,
                 g_strerror(err->code), said);
}
