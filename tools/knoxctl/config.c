/* knoxctl config: what is in effect, and where it is from. */
#include <stdio.h>

#include "base/profiles.h"
#include "tools/knoxctl/ctl.h"

static const struct kx_setting *setting_of(const struct kx_profiles *profiles, const char *name)
{
    const GPtrArray *settings = kx_profiles_find(profiles, name);
    for (guint i = 0; settings && i < settings->len; i++) {
        const struct kx_setting *setting = g_ptr_array_index(settings, i);
        if (g_str_equal(setting->name, "endpoint")) return setting;
    }
    return NULL;
}

static int list_profiles(const struct kx_options *options, struct kx_error *err)
{
    const char *only = options->config ? options->config : g_getenv("KNOXFS_CONFIG");
    g_auto(GStrv) files = kx_profiles_places(only && *only ? only : NULL);
    g_autoptr(kx_profiles) profiles = NULL;
    int result = kx_profiles_load((const char *const *)files, FALSE, &profiles, err);
    if (result < 0) return result;
    g_autofree char *line = kx_profiles_names(profiles);
    g_auto(GStrv) names = g_strsplit(line, ", ", -1);
    for (char **name = names; *name && **name; name++) {
        const struct kx_setting *endpoint = setting_of(profiles, *name);
        g_autofree char *shown = kx_redact(endpoint ? endpoint->value : "");
        printf("%s\t%s\t%s\n", *name, shown, endpoint ? endpoint->source : "");
    }
    return 0;
}

int kx_ctl_config(const struct kx_ctl_call *call)
{
    KX_ERROR_AUTO(err);
    struct kx_options options;
    if (kx_ctl_options(call->ctl, call->operands[0], &options, &err) < 0)
        return kx_ctl_complain(&err);
    int result = 0;
    if (g_hash_table_contains(call->flags, "list")) {
        result = list_profiles(&options, &err);
    } else {
        const char *source = g_hash_table_lookup(options.given, "endpoint");
        g_autofree char *endpoint = kx_redact(options.service ? options.service : "");
        g_autofree char *text = kx_options_show(&options, NULL);
        printf("endpoint\t%s\t%s\n", endpoint, source ? source : "default");
        if (options.root) printf("path\t%s\toption\n", options.root);
        fputs(text, stdout);
    }
    kx_options_clear(&options);
    return result < 0 ? kx_ctl_complain(&err) : 0;
}
