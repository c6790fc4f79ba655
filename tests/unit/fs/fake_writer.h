/* A writer that does nothing: references and what it says of its file.
 * Threads: references from any; the overlay is the test's. */
#pragma once
#include "fs/data/writer.h"

/** @return owned: one reference. */
struct kx_writer *fake_writer_new(void);
void fake_writer_say(struct kx_writer *writer, const struct kx_overlay *overlay);
unsigned fake_writer_refs(const struct kx_writer *writer);
