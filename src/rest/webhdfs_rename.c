/* RENAME, which has two forms. Plain, it answers {"boolean":false} without a reason, and moves INTO
 * a destination that is a directory. With renameoptions= a NameNode renames as rename(2) does, NONE
 * refusing and OVERWRITE replacing what is there, atomically, and answers with an empty body;
 * HttpFS ignores the option and renames plainly (recorded). So the first rename of a client finds
 * out which it is, and on HttpFS the destination is looked at first, which leaves a short race. */
#include <errno.h>
#include <string.h>

#include "rest/features.h"
#include "rest/webhdfs_call.h"

#define LEARN_TRIES_MAX 3

struct move {
    struct kx_client *client;
    const char *from, *to;
    const struct kx_call *call;
};

static struct kx_ask move_ask(const struct move *m, const char *params)
{
    return (struct kx_ask){m->client, KX_RENAME, m->from, params, m->call, 0};
}

static enum kx_fate fate_of_rename(const struct kx_ask *ask, const void *context)
{
    const struct move *m = context;
    enum kx_fate left = kx_fate_of_path(ask, m->from, false);
    return left == KX_FATE_DONE && kx_look(ask, m->to, NULL) < 0 ? KX_FATE_UNKNOWN : left;
}

/* HttpFS cuts blanks and the like off the ends of a parameter, and would take another name; a slash
 * there is cut off by every server, after that (measured, Hadoop 3.4.2).  @return owned. */
static char *destination(const char *to)
{
    gsize length = strlen(to);
    bool blank = length > 0 && (unsigned char)to[length - 1] <= ' ';
    return g_strconcat(to, blank ? "/" : NULL, NULL);
}

/* One RENAME.  @return 1: done; 0: {"boolean":false}; -errno. */
static int rename_once(const struct move *m, const char *options, struct kx_error *err)
{
    g_autofree char *to = destination(m->to);
    g_autofree char *params = kx_params_new("destination", to, "renameoptions", options, NULL);
    const struct kx_ask ask = move_ask(m, params);
    struct kx_features *features = kx_client_features(m->client);
    g_autoptr(GBytes) body = NULL;
    bool maybe, done = true;
    int rc = kx_ask_settled(&ask, fate_of_rename, m, &body, &maybe, err);
    if (rc < 0) return rc;
    if (!body) return 1;
    bool silent = g_bytes_get_size(body) == 0;
    if (options) kx_feature_set(features, KX_FEATURE_RENAME_OPTIONS, silent ? KX_YES : KX_NO);
    if (!silent) rc = kx_json_read(body, &kx_json_boolean, &done, err);
    if (rc < 0) return kx_ask_about(&ask, rc, err);
    if (!done && maybe) done = fate_of_rename(&ask, m) == KX_FATE_DONE;
    return done;
}

static bool is_exception(const struct kx_error *err, const char *name)
{
    return err->exception && g_str_equal(err->exception, name);
}

/* Find out whether the server obeys renameoptions=: to rename a path to itself changes nothing, and
 * is refused with an exception by a server that obeys.  @return 0, or -errno when the rename of
 * `from` fails in the same way. */
static int learn_options(const struct move *m, struct kx_error *err)
{
    struct kx_features *features = kx_client_features(m->client);
    if (kx_feature_get(features, KX_FEATURE_RENAME_OPTIONS) != KX_UNKNOWN) return 0;
    const struct move itself = {m->client, m->from, m->from, m->call};
    int rc = -EIO;
    /* It changes nothing, so a lost answer is simply asked for again. */
    for (int i = 0; i < LEARN_TRIES_MAX && rc == -EIO && !err->http_status; i++)
        rc = rename_once(&itself, "NONE", err);
    if (rc >= 0) return 0;
    bool same = is_exception(err, "FileAlreadyExistsException");
    if (same || is_exception(err, "FileNotFoundException"))
        kx_feature_set(features, KX_FEATURE_RENAME_OPTIONS, KX_YES);
    return same ? 0 : rc;
}

static bool options_obeyed(const struct move *m)
{
    return kx_feature_get(kx_client_features(m->client), KX_FEATURE_RENAME_OPTIONS) == KX_YES;
}

/* 0: nothing is at `to`; -EEXIST; -errno when that cannot be found out. */
static int must_be_free(const struct move *m, struct kx_error *err)
{
    struct kx_status status = {0};
    KX_ERROR_AUTO(own);
    int rc = kx_webhdfs_stat(m->client, m->to, m->call, &status, &own);
    kx_status_clear(&status);
    if (rc == -ENOENT) return 0;
    if (rc == 0) return kx_error_set(err, EEXIST, "the destination %s exists", m->to);
    return kx_error_hand(&own, rc, err);
}

/* After {"boolean":false}: why?  @return -errno, never 0. */
static int explain(const struct move *m, struct kx_error *err)
{
    struct kx_status status = {0};
    int rc = kx_webhdfs_stat(m->client, m->from, m->call, &status, err);
    kx_status_clear(&status);
    if (rc < 0) return rc;
    g_autofree char *below = kx_path_join(m->from, "");
    if (g_str_has_prefix(m->to, below))
        return kx_error_set(err, EINVAL, "the destination %s is below the source", m->to);
    rc = must_be_free(m, err);
    if (rc < 0) return rc;
    g_autofree char *parent = g_path_get_dirname(m->to);
    rc = kx_webhdfs_stat(m->client, parent, m->call, &status, err);
    bool directory = status.type == KX_TYPE_DIRECTORY;
    kx_status_clear(&status);
    if (rc < 0) return rc;
    if (!directory)
        return kx_error_set(err, ENOTDIR, "the destination's parent is no directory: %s", parent);
    return kx_error_set(err, EIO, "the server did not rename, and does not say why");
}

/* One RENAME, and the reason of a false.  @return 0 or -errno. */
static int rename_or_explain(const struct move *m, const char *options, struct kx_error *err)
{
    int rc = rename_once(m, options, err);
    if (rc == 1) return 0;
    return rc < 0 ? rc : explain(m, err);
}

/* "Source and destination must both be directories": one is, and one is not. */
static bool is_mixed(int rc, const struct kx_error *err)
{
    return rc == -ENOTDIR && is_exception(err, "IOException");
}

static int rename_plain(const struct move *m, struct kx_error *err)
{
    int rc = must_be_free(m, err);
    return rc < 0 ? rc : rename_or_explain(m, NULL, err);
}

static int rename_checked(const struct move *m, struct kx_error *err)
{
    int rc = rename_or_explain(m, "NONE", err);
    if (!is_mixed(rc, err)) return rc;
    err->code = EEXIST;
    return -EEXIST;
}

static int rename_over(const struct move *m, struct kx_error *err)
{
    int rc = rename_or_explain(m, "OVERWRITE", err);
    if (!is_mixed(rc, err)) return rc;
    struct kx_status status = {0};
    const struct kx_ask ask = move_ask(m, NULL);
    if (kx_look(&ask, m->to, &status) == 0 && status.type == KX_TYPE_DIRECTORY) err->code = EISDIR;
    kx_status_clear(&status);
    return -err->code;
}

static int rename_by(const struct move *m, int (*obeyed)(const struct move *, struct kx_error *),
                     struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    int rc = kx_path_check(m->to, &own);
    if (rc == 0) rc = learn_options(m, &own);
    if (rc == 0) rc = options_obeyed(m) ? obeyed(m, &own) : rename_plain(m, &own);
    const struct kx_ask ask = move_ask(m, NULL);
    return kx_error_hand(&own, kx_ask_about(&ask, rc, &own), err);
}

int kx_webhdfs_rename(struct kx_client *c, const char *from, const char *to,
                      const struct kx_call *call, struct kx_error *err)
{
    const struct move m = {c, from, to, call};
    return rename_by(&m, rename_checked, err);
}

int kx_webhdfs_rename_replace(struct kx_client *c, const char *from, const char *to,
                              const struct kx_call *call, struct kx_error *err)
{
    const struct move m = {c, from, to, call};
    struct kx_status status = {0};
    if (!g_str_equal(from, to)) return rename_by(&m, rename_over, err);
    int rc = kx_webhdfs_stat(c, from, call, &status, err);
    kx_status_clear(&status);
    return rc;
}
