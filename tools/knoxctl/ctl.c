#include "tools/knoxctl/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void kx_ctl_clear(struct kx_ctl *ctl)
{
    g_free(ctl->endpoint);
    if (ctl->words) g_ptr_array_free(ctl->words, TRUE);
    kx_secret_free(ctl->typed);
    *ctl = (struct kx_ctl){0};
}

enum kx_exit kx_exit_of(const struct kx_error *err)
{
    switch (err->code) {
    case 0:
        return KX_EXIT_DONE;
    case EINVAL:
        return err->http_status ? KX_EXIT_FAILED : KX_EXIT_USAGE;
    case ENOENT:
        return KX_EXIT_MISSING;
    case EACCES:
    case EPERM:
        return KX_EXIT_DENIED;
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ETIMEDOUT:
        return KX_EXIT_UNREACHABLE;
    case EEXIST:
    case EBUSY:
    case ENOTEMPTY:
        return KX_EXIT_CONFLICT;
    default:
        return KX_EXIT_FAILED;
    }
}

int kx_ctl_complain(const struct kx_error *err)
{
    g_autofree char *line = kx_redact(err->message ? err->message : g_strerror(err->code));
    fprintf(stderr, "knoxctl: %s\n", line);
    return (int)kx_exit_of(err);
}

/* "prod" is as good as "prod:" where no address is expected. */
static char *address_of(const char *given)
{
    bool name = *given && !given[strspn(given, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_.-")];
    return g_strconcat(given, name ? ":" : "", NULL);
}

/* The environment wins over a profile, and an option over it. */
static void take_proxy(const char *proxy, struct kx_options *out)
{
    if (g_strcmp0(g_hash_table_lookup(out->given, "proxy"), "option") == 0) return;
    g_free(out->proxy);
    out->proxy = g_strconcat(strstr(proxy, "://") ? "" : "http://", proxy, NULL);
    g_hash_table_replace(out->given, g_strdup("proxy"), g_strdup("environment"));
}

int kx_ctl_options(const struct kx_ctl *ctl, const char *endpoint, struct kx_options *out,
                   struct kx_error *err)
{
    const char *given = endpoint ? endpoint : ctl->endpoint;
    g_autofree char *address = given ? address_of(given) : NULL;
    int result = kx_options_read(address, ctl->words, out, err);
    if (result == 0 && ctl->proxy) take_proxy(ctl->proxy, out);
    if (result < 0 || !address || g_hash_table_contains(out->given, "endpoint")) return result;
    g_hash_table_replace(out->given, g_strdup("endpoint"),
                         g_strdup(endpoint ? "option" : ctl->from));
    return 0;
}
