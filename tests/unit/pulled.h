/* A range that a test reads to its end, of a server that sends pattern_byte (server.h). */
#pragma once
#include "rest/download.h"

/** Read [offset, offset + length) of a path and compare every byte.  @version NULL: not looked at.
 * @came how many bytes there were.  @return 0, or how it ended. */
int pulled_range(struct kx_client *client, const char *path, gint64 offset, gint64 length,
                 const struct kx_version *version, gint64 *came, struct kx_error *err);
