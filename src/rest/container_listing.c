#include "rest/container_listing.h"

#include <string.h>

static const struct kx_item *infos_of(const struct kx_answer *answer)
{
    return kx_item_at(kx_answer_root(answer), "containerLogsInfo");
}

static bool is_local(const struct kx_item *info)
{
    g_autofree char *kind = kx_item_text(info, "logAggregationType");
    return g_strcmp0(kind, "LOCAL") == 0;
}

bool kx_listing_is(const struct kx_answer *answer)
{
    const struct kx_item *infos = infos_of(answer);
    for (size_t i = 0; i < kx_item_count(infos); i++)
        if (kx_item_at(kx_item_element(infos, i), "containerLogInfo")) return true;
    return false;
}

void kx_listing_names(const struct kx_answer *answer, GPtrArray *out)
{
    const struct kx_item *infos = infos_of(answer);
    for (size_t i = 0; i < kx_item_count(infos); i++) {
        const struct kx_item *files = kx_item_at(kx_item_element(infos, i), "containerLogInfo");
        for (size_t k = 0; k < kx_item_count(files); k++) {
            char *name = kx_item_text(kx_item_element(files, k), "fileName");
            if (name && !g_ptr_array_find_with_equal_func(out, name, g_str_equal, NULL))
                g_ptr_array_add(out, name);
            else
                g_free(name);
        }
    }
}

/* "Sun Nov 22 04:48:46 +0000 2026" */
static int64_t time_of(const char *text)
{
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    g_auto(GStrv) words = g_strsplit_set(text ? text : "", " :", -1);
    if (g_strv_length(words) != 8 || strlen(words[1]) != 3) return 0;
    const char *month = strstr(MONTHS, words[1]);
    guint64 numbers[5];
    static const int AT[] = {2, 3, 4, 5, 7};
    for (size_t i = 0; i < G_N_ELEMENTS(AT); i++)
        if (!g_ascii_string_to_unsigned(words[AT[i]], 10, 0, 9999, &numbers[i], NULL)) return 0;
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(words[6]);
    if (!zone || !month || (month - MONTHS) % 3) return 0;
    g_autoptr(GDateTime) at =
        g_date_time_new(zone, (int)numbers[4], (int)(month - MONTHS) / 3 + 1, (int)numbers[0],
                        (int)numbers[1], (int)numbers[2], (double)numbers[3]);
    return at ? g_date_time_to_unix(at) * 1000 : 0;
}

/* What the parts of one log add up to. */
struct sum {
    int64_t collected, collected_ms, local, local_ms;
    int rounds, locals;
};

static void add_part(struct sum *sum, const struct kx_item *file, bool local)
{
    g_autofree char *changed = kx_item_text(file, "lastModifiedTime");
    int64_t size = MAX(kx_item_number(file, "fileSize", 0), 0), at_ms = time_of(changed);
    if (local) {
        sum->local = size;
        sum->local_ms = at_ms;
        sum->locals++;
        return;
    }
    sum->collected += size;
    sum->collected_ms = MAX(sum->collected_ms, at_ms);
    sum->rounds++;
}

static void add_parts(struct sum *sum, const struct kx_item *info, const char *file, bool local)
{
    const struct kx_item *files = kx_item_at(info, "containerLogInfo");
    for (size_t i = 0; i < kx_item_count(files); i++) {
        g_autofree char *name = kx_item_text(kx_item_element(files, i), "fileName");
        if (g_strcmp0(name, file) == 0) add_part(sum, kx_item_element(files, i), local);
    }
}

bool kx_listing_look(const struct kx_answer *answer, const char *file, struct kx_log_look *out)
{
    const struct kx_item *infos = infos_of(answer);
    struct sum sum = {0};
    bool live = false;
    for (size_t i = 0; i < kx_item_count(infos); i++) {
        const struct kx_item *info = kx_item_element(infos, i);
        live = live || is_local(info);
        add_parts(&sum, info, file, is_local(info));
    }
    if (!sum.rounds && !sum.locals) return false;
    bool counted = sum.rounds && sum.locals && sum.local_ms <= sum.collected_ms;
    *out = (struct kx_log_look){.size = sum.collected + (counted ? 0 : sum.local),
                                .mtime_ms = MAX(sum.collected_ms, sum.local_ms),
                                .collected = live || sum.rounds > 1 ? sum.collected : 0};
    return true;
}
