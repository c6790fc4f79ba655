/* Where a login comes from: a table of sources, each of which gives one line, "USER:PASSWORD" or a
 * token.
 *
 * Only auth*.c uses it. A source never keeps what it has read. Threads: one at a time (the lock of
 * struct kx_auth). Blocking: files are read at once; a command has KX_COMMAND_MS. */
#pragma once
#include <stdbool.h>

#include "base/error.h"
#include "base/secret.h"

#define KX_COMMAND_MS 30000

enum kx_source_kind {
    KX_SOURCE_NONE,
    KX_SOURCE_FILE,       /* a file of one line, 0600 */
    KX_SOURCE_COMMAND,    /* the first line that a command prints */
    KX_SOURCE_NETRC,      /* the entry of the host in a netrc file, 0600 */
    KX_SOURCE_CREDENTIAL, /* a file of $CREDENTIALS_DIRECTORY (systemd's LoadCredential=) */
    KX_SOURCE_TYPED       /* typed on the terminal before the mount began */
};

struct kx_source {
    enum kx_source_kind kind;
    char *where;                   /* owned: the path or the command */
    char *host;                    /* owned: of NETRC */
    const struct kx_secret *typed; /* borrowed: of TYPED */
    struct stat seen;              /* of the file that was read last */
};

/** @where, @host are copied. */
void kx_source_init(struct kx_source *source, enum kx_source_kind kind, const char *where,
                    const char *host);
void kx_source_clear(struct kx_source *source);

/** @out owned.  @return 0, or -errno with the source's name in the reason and never a part of what
 * it said. */
int kx_source_read(struct kx_source *source, struct kx_secret **out, struct kx_error *err);

/** Is the file another one, or another content, than what was read last? Costs a stat. */
bool kx_source_changed(const struct kx_source *source);

/** Is asking it again worth while, though nothing shows that it changed? */
bool kx_source_asks(const struct kx_source *source);

/** The path, or "a command", ...: for a person.  @return owned. */
char *kx_source_name(const struct kx_source *source);
