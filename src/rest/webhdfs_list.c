#include <errno.h>
#include <string.h>

#include "rest/features.h"
#include "rest/webhdfs_call.h"

static int list_once(const struct kx_ask *ask, struct kx_json_listing *out, struct kx_error *err)
{
    g_autoptr(GBytes) body = NULL;
    int rc = kx_ask_body(ask, &body, err);
    return rc < 0 ? rc : kx_ask_about(ask, kx_json_read_listing(body, out, err), err);
}

/* A NameNode orders names by their bytes as signed numbers: what is not ASCII comes first. */
static int order(const char *a, const char *b)
{
    for (; *a && *a == *b; a++, b++)
        ;
    return (int)(signed char)*a - (int)(signed char)*b;
}

/* How many entries a server that ignores startAfter has sent again: up to the one of that name, or,
 * when it is gone meanwhile, those that come before it. */
static guint count_again(const GArray *entries, const char *after)
{
    guint before = 0;
    for (guint i = 0; i < entries->len; i++) {
        const char *name = g_array_index(entries, struct kx_status, i).name;
        if (g_str_equal(name, after)) return i + 1;
        if (before == i && order(name, after) < 0) before++;
    }
    return before;
}

/* The parameter is written without its capital: when a name of a parameter has one, a NameNode
 * decodes all values twice, and a start with a '%' in it would be another one (measured,
 * Hadoop 3.4.2). */
static int list_batch(struct kx_ask *ask, const char *after, struct kx_json_listing *out,
                      struct kx_error *err)
{
    struct kx_features *features = kx_client_features(ask->client);
    if (kx_feature_get(features, KX_FEATURE_LIST_BATCH) == KX_NO) return -EOPNOTSUPP;
    g_autofree char *params = kx_params_new("startafter", after, NULL);
    ask->params = params;
    int rc = list_once(ask, out, err);
    ask->params = NULL;
    if (rc == 0) kx_feature_set(features, KX_FEATURE_LIST_BATCH, KX_YES);
    if (rc == -EOPNOTSUPP) kx_feature_set(features, KX_FEATURE_LIST_BATCH, KX_NO);
    return rc;
}

/* Take away what comes up to `after`.  @return whether that was a whole page with more behind it: a
 * server that gives the same page for ever. */
static bool drop_again(struct kx_page *page, const char *after)
{
    guint again = count_again(page->entries, after);
    bool endless = again > 0 && again == page->entries->len && page->remaining > 0;
    if (again > 0) g_array_remove_range(page->entries, 0, again);
    return endless;
}

/* Was what was asked for as the part behind `after` that part? An empty one does not tell. */
static void learn_after(struct kx_client *client, const GArray *entries, const char *after)
{
    if (entries->len == 0) return;
    kx_feature_set(kx_client_features(client), KX_FEATURE_LIST_AFTER,
                   count_again(entries, after) ? KX_NO : KX_YES);
}

/* Everything in one answer. */
static int list_whole(struct kx_ask *ask, const char *after, struct kx_json_listing *out,
                      struct kx_error *err)
{
    kx_error_clear(err);
    kx_page_clear(&out->page);
    ask->op = KX_LISTSTATUS;
    int rc = list_once(ask, out, err);
    if (rc == 0 && after) drop_again(&out->page, after);
    return rc;
}

int kx_webhdfs_list(struct kx_client *c, const char *path, const char *after,
                    const struct kx_call *call, struct kx_page *out, struct kx_error *err)
{
    struct kx_ask ask = {c, KX_LISTSTATUS_BATCH, path, NULL, call, KX_LISTING_BYTES_MAX};
    struct kx_json_listing listing = {0};
    int rc = list_batch(&ask, after, &listing, err);
    if (rc == 0 && after) learn_after(c, listing.page.entries, after);
    if (rc == -EOPNOTSUPP || (rc == 0 && after && drop_again(&listing.page, after)))
        rc = list_whole(&ask, after, &listing, err);
    if (rc == 0 && listing.of_file)
        rc = kx_ask_about(&ask, kx_error_set(err, ENOTDIR, "%s is a file", path), err);
    if (rc < 0) {
        kx_page_clear(&listing.page);
        return rc;
    }
    if (listing.dropped > 0)
        kx_log_write(kx_client_log(c), KX_LOG_WARNING,
                     "%s: %u entries are left out: the server gave names that cannot be names",
                     path, listing.dropped);
    *out = listing.page;
    return 0;
}
