/* Settings of clusters by name, from configuration files: GLib key files with one [NAME] a cluster.
 *
 *     [prod]
 *     endpoint = https://gateway:8443/gateway/prod
 *     attr-timeout = 5
 *
 * A '-' in a setting's name is the same as a '_'. Who can write such a file can name programs that
 * are run and servers that are trusted: so a file must belong to the user or to root, and nobody
 * else may be able to write it.
 *
 * Threads: one at a time; used before any is started. Blocking: reads local files. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"

#define KX_PROFILES_BYTES_MAX (1024 * 1024) /* of one file */

struct kx_profiles;

/* One setting. All members are owned. */
struct kx_setting {
    char *name;       /* with '_' */
    char *value;      /* as it stands in the file, without the blanks around it */
    char *source;     /* "FILE:LINE": for messages, and for who asks where a value is from */
    bool open_to_all; /* others may read the file */
};

/** The files that are read when nobody names one: /etc/knoxfs.conf and the user's own
 * knoxfs/knoxfs.conf below $XDG_CONFIG_HOME (~/.config). @only: this one alone, unless NULL.
 *  @return owned, ends with NULL; later ones win. */
char **kx_profiles_places(const char *only);

/** Read the files in order; one that is not there is skipped, unless @must.
 *  @out owned.  @return 0; -ENOENT, -EACCES, -EPERM (others may write it), -EINVAL (with what GLib
 * says of the line), -EFBIG. */
int kx_profiles_load(const char *const *files, gboolean must, struct kx_profiles **out,
                     struct kx_error *err);
void kx_profiles_free(struct kx_profiles *profiles); /* NULL is fine */

/** The settings of [name], of all files; a later file's value stands for an earlier one's.
 *  @return borrowed, of struct kx_setting in the order of the files; NULL: no such section. */
const GPtrArray *kx_profiles_find(const struct kx_profiles *profiles, const char *name);

/** "a, b, c": what is there, for messages.  @return owned; "" when there are none. */
char *kx_profiles_names(const struct kx_profiles *profiles);

KX_DEFINE_AUTOPTR(kx_profiles, kx_profiles_free)
