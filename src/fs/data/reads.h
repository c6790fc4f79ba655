/* All readers of a mount, and the memory that they share.
 *
 * When the budget is exhausted, those who were not read from for the longest time let go of their
 * streams and blocks; whoever reads always gets a least window. A stream that nobody reads from for
 * KX_READ_IDLE_MS is closed; who goes on later opens it again.
 *
 * Threads: any; one mutex inside guards the readers and their cursors, held for memory work only.
 * One thread of its own looks for what is idle. */
#pragma once
#include "base/budget.h"
#include "base/stats.h"
#include "fs/data/reader.h"

struct kx_reads;

#define KX_READ_IDLE_MS 10000
#define KX_CURSORS_KEPT 32 /* of a file, beside those that are being waited for */

/** @client, budget (may be NULL) and stats (may be NULL) borrowed for its life. */
struct kx_reads *kx_reads_new(struct kx_client *client, struct kx_budget *budget,
                              struct kx_stats *stats);
/** How many streams one reader in order may have (lanes.h), wherever they are faster; 0: as many as
 * the way is worth (streams.h), of DataNodes only. Before the first call, which comes before the
 * first read, one. */
void kx_reads_set_streams(struct kx_reads *reads, unsigned most);
void kx_reads_free(struct kx_reads *reads); /* all readers must have been given back */

/** The reader of the file that has this number here.  @return owned. */
struct kx_reader *kx_reads_open(struct kx_reads *reads, uint64_t node);

/** Let go of what was idle for so long. Its own thread calls it; tests do. */
void kx_reads_tidy(struct kx_reads *reads);

/** How many streams are open. */
unsigned kx_reads_streams(struct kx_reads *reads);

KX_DEFINE_AUTOPTR(kx_reads, kx_reads_free)
