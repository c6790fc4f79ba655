/* Asking a person for a password. Used by main before it goes into the background, where there is
 * no terminal any more. Blocks until a line was typed.
 * Threads: the only one there is. */
#pragma once
#include "base/secret.h"

/** Ask on /dev/tty for the password of @user (NULL: for the user first), without echo.
 *  @out owned: "USER:PASSWORD".  @return 0; -ENOTTY: there is no terminal; -errno. */
int kx_ask_password(const char *user, struct kx_secret **out, struct kx_error *err);
