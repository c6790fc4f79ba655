/* What the files submissions*.c share. Nobody else includes it.
 * Threads: as said at each member. */
#pragma once
#include "fs/submissions.h"
#include "fs/submit.h"

struct kx_submissions {
    struct kx_client *client;
    struct kx_services *services;
    const char *callback; /* atomic; NULL: jobs are not told to call */
    GMutex mutex;         /* guards what follows */
    GHashTable *entries;  /* name -> struct kx_submissions_entry */
    size_t bytes;
};

struct kx_submissions_entry {
    struct kx_submission known;
    bool busy; /* on its way to Oozie */
};

/** The entry of a name, made when there is room. Mutex held.  @return NULL: err says why. */
struct kx_submissions_entry *kx_submissions_entry_for(struct kx_submissions *all, const char *name,
                                                      struct kx_error *err);

/** As that, and no folder, in a folder that is there. Mutex held. */
struct kx_submissions_entry *kx_submissions_file_for(struct kx_submissions *all, const char *name,
                                                     struct kx_error *err);

/** Replace a text. Mutex held. */
void kx_submissions_set_text(struct kx_submissions *all, struct kx_submissions_entry *entry,
                             GBytes *text);

/** It is over. The entry was busy. @id consumed; NULL: refused. */
void kx_submissions_settle(struct kx_submissions *all, const char *name, char *id,
                           const struct kx_error *err);

/** Below the reason of a refusal: what can be told from the text alone.  @file what it is called.
 */
void kx_submissions_add_hints(struct kx_submissions *all, const char *name, const char *file,
                              GBytes *text);

/** What defaults.properties says, and who the mount is.  @values filled. */
int kx_submissions_defaults(struct kx_submissions *all, const struct kx_call *call,
                            struct kx_configuration *values, struct kx_error *err);

/** Is a file of this name kept only, because editors and copying programs leave such ones? */
bool kx_submissions_is_scratch(const char *name);
