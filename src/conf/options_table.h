/* The rows behind options.h. Nobody but options*.c includes it.
 * Threads: constant data. */
#pragma once
#include <stddef.h>

#include "conf/options.h"

enum kx_option_kind {
    KX_OPTION_FLAG,
    KX_OPTION_NUMBER,
    KX_OPTION_SECONDS,
    KX_OPTION_BYTES,
    KX_OPTION_TEXT,
    KX_OPTION_SECRET, /* a text that is shown to nobody */
    KX_OPTION_PROXY,  /* a URL; with USER:PASSWORD@ only where nobody else can read it */
    KX_OPTION_LEVEL,
    KX_OPTION_CHOICE, /* one of the words of `value` ("a|b|c"): its number, from 0 */
    KX_OPTION_KERNEL, /* handed to the kernel as it is */
    KX_OPTION_IGNORED /* mount(8)'s and fstab's own words, nothing to do for us */
};

/* One row an option of -o. `help` NULL: understood, but not worth a line. */
struct kx_option_row {
    const char *name;
    enum kx_option_kind kind;
    size_t at;         /* of the member in struct kx_options */
    const char *value; /* what stands for the value in the help */
    const char *help;
    int64_t min, max; /* of NUMBER and BYTES; of SECONDS in seconds */
};

/* One row an option of the command line itself. */
struct kx_flag_row {
    char letter;
    const char *word;
    size_t at;
    const char *help;
};

const struct kx_option_row *kx_option_rows(size_t *count);
const struct kx_flag_row *kx_flag_rows(size_t *count);

/* Where an option was written. */
struct kx_option_from {
    const char *where;  /* in front of it in messages: "-o ", "/etc/knoxfs.conf:3: " */
    const char *source; /* what is shown for it: "option", "environment", "/etc/knoxfs.conf:3" */
    const char *open;   /* why it is no place for a password; NULL: only the user can read it */
};

/** Set "NAME" or "NAME=VALUE".  @return 0; -EINVAL with what is right. */
int kx_option_set(struct kx_options *out, const char *word, const struct kx_option_from *from,
                  struct kx_error *err);

/** Find out what out->endpoint stands for, and set what its profile and the environment say; the
 * words of -o come afterwards. */
int kx_options_profile(struct kx_options *out, const GPtrArray *words, struct kx_error *err);

static inline void *kx_option_member(struct kx_options *options, size_t at)
{
    return (char *)options + at;
}

/** Are the seconds of this row a double (for the kernel), not milliseconds? */
bool kx_option_is_double(const struct kx_option_row *row);

#define KX_OPTION_AT(member) offsetof(struct kx_options, member)
