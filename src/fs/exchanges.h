/* What is said between a mount and its servers, recorded in a file while somebody wants that: what
 * a report of a fault needs. The form is that of the recordings in tests/fixtures; http.h says what
 * is left out.
 * Threads: any; one who changes the file waits for exchanges that are being written. */
#pragma once
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"

struct kx_exchanges;
struct kx_http;

/** @log borrowed: told when the file does not take what there is.  @return owned. */
struct kx_exchanges *kx_exchanges_new(struct kx_log *log);
/** The engine must be gone, or record nothing. NULL is fine. */
void kx_exchanges_free(struct kx_exchanges *exchanges);

/** Record from now on into this file (appender.h) what the engine of kx_exchanges_attach sends;
 * NULL: nothing any more.  @elsewhere as there.  @return 0; as kx_appender_open: all stays as it
 * was. */
int kx_exchanges_to(struct kx_exchanges *exchanges, const char *path, dev_t elsewhere,
                    struct kx_error *err);

/** The engine whose exchanges are meant. */
void kx_exchanges_attach(struct kx_exchanges *exchanges, struct kx_http *http);

KX_DEFINE_AUTOPTR(kx_exchanges, kx_exchanges_free)
