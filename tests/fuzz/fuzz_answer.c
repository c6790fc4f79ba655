/* The wide answers of Oozie, YARN and job history, and what is looked up in them. */
#include "fuzz.h"
#include "oozie/job_id.h"
#include "rest/json_answer.h"

static void take(const char *name, const char *value, void *context)
{
    FUZZ_CHECK(name && value);
    (*(unsigned *)context)++;
}

static void look(const struct kx_item *item, int depth)
{
    static const char *const PATHS[] = {"",   "workflows", "actions", "clusterMetrics",
                                        "id", "app/id"};
    unsigned count = 0;
    if (!item || depth > 3) return;
    kx_item_each(item, take, &count);
    for (size_t i = 0; i < G_N_ELEMENTS(PATHS); i++) {
        g_autofree char *text = kx_item_text(item, PATHS[i]);
        kx_item_number(item, PATHS[i], -1);
        const struct kx_item *inner = kx_item_at(item, PATHS[i]);
        size_t elements = kx_item_count(inner);
        for (size_t k = 0; inner != item && k < MIN(elements, 3); k++)
            look(kx_item_element(inner, k), depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) body = g_bytes_new(data, size);
    g_autoptr(kx_answer) answer = NULL;
    g_autofree char *text = fuzz_text(data, size);
    struct kx_job_id id;
    KX_ERROR_AUTO(err);
    int result = kx_answer_parse(body, &answer, &err);
    FUZZ_CHECK(result == 0 || err.code == -result);
    if (result == 0) {
        g_autofree char *json =
            kx_answer_root(answer) ? kx_item_json(kx_answer_root(answer)) : NULL;
        look(kx_answer_root(answer), 0);
    }
    if (kx_job_id_parse(text, &id, NULL) == 0) kx_job_id_clear(&id);
    return 0;
}
