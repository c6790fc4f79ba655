/* What a NodeManager, or the history server, says of a container's logs: names, lengths, times.
 *
 * One object, or an array of several. A NodeManager's first is LOCAL: what is in the container's
 * folder. Where YARN collects logs while an application runs
 * (yarn.nodemanager.log-aggregation.roll-monitoring-interval-seconds, and a pattern of names in the
 * application's submission), an AGGREGATED one follows for each round: what was collected is
 * removed from the folder, and a program that opens its log again goes on in an empty file. So a
 * log is what was collected, in order, and then what is in the folder. A file of the folder that
 * has not changed since it was collected counts once: as YARN does, by its time. The server says
 * seconds: what was begun in the second of a round may be shown a round later, never twice.
 *
 * Threads: any; nothing blocks. */
#pragma once
#include "rest/container_logs.h"

/** Does the answer say something of logs? */
bool kx_listing_is(const struct kx_answer *answer);

/** The files' names, each once, appended as owned texts. */
void kx_listing_names(const struct kx_answer *answer, GPtrArray *out);

/** @return false: there is no such file. */
bool kx_listing_look(const struct kx_answer *answer, const char *file, struct kx_log_look *out);
