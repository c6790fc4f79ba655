/* Where the log of the program goes: a file (-o logfile), stderr (-f) or syslog.
 * Threads: made and freed by main; the log itself by any. */
#pragma once
#include "base/cleanup.h"
#include "base/log.h"
#include "conf/options.h"

struct kx_logfile;

int kx_logfile_open(const struct kx_options *options, struct kx_logfile **out,
                    struct kx_error *err);
void kx_logfile_free(struct kx_logfile *logfile);
struct kx_log *kx_logfile_log(struct kx_logfile *logfile); /* borrowed */

KX_DEFINE_AUTOPTR(kx_logfile, kx_logfile_free)
