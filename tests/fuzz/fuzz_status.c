/* The answers that are one object or one array: the first byte chooses which. */
#include "fuzz.h"
#include "rest/json.h"

static void read_object(GBytes *body, const struct kx_json_shape *shape)
{
    g_autofree void *out = g_malloc0(shape->size);
    KX_ERROR_AUTO(err);
    int result = kx_json_read(body, shape, out, &err);
    FUZZ_CHECK(result == 0 || err.code == -result);
    for (const struct kx_json_field *field = shape->fields; field->name; field++) {
        void *at = (char *)out + field->offset;
        if (field->kind == KX_JSON_STRING) g_free(*(char **)at);
        if (field->kind == KX_JSON_SHARED && *(char **)at) g_ref_string_release(*(char **)at);
        if (field->kind == KX_JSON_STRV) g_strfreev(*(char ***)at);
    }
}

static void read_lists(GBytes *body)
{
    static int (*const READERS[])(GBytes *, char ***, struct kx_error *) = {
        kx_json_read_xattr_names, kx_json_read_snapshottable, kx_json_read_snapshots,
        kx_json_read_ec_policies};
    for (size_t i = 0; i < G_N_ELEMENTS(READERS); i++) {
        g_auto(GStrv) names = NULL;
        FUZZ_CHECK(READERS[i](body, &names, NULL) <= 0);
    }
    g_autoptr(GBytes) value = NULL;
    kx_json_read_xattr(body, "user.a", &value, NULL);
}

static void read_others(GBytes *body)
{
    struct kx_status status = {0};
    kx_json_status(body, &status, NULL);
    kx_status_clear(&status);
    GArray *datanodes = g_array_new(FALSE, TRUE, sizeof(struct kx_datanode));
    g_array_set_clear_func(datanodes, (GDestroyNotify)(void (*)(void))kx_datanode_clear);
    kx_json_read_datanodes(body, datanodes, NULL);
    g_array_free(datanodes, TRUE);
    read_lists(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct kx_json_shape *const SHAPES[] = {&kx_json_boolean,
                                                         &kx_json_long,
                                                         &kx_json_path,
                                                         &kx_json_token,
                                                         &kx_json_content_summary,
                                                         &kx_json_quota_usage,
                                                         &kx_json_checksum,
                                                         &kx_json_space,
                                                         &kx_json_server_defaults,
                                                         &kx_json_acl,
                                                         &kx_json_storage_policy,
                                                         &kx_json_construction,
                                                         &kx_json_ec_policy,
                                                         &kx_json_claims,
                                                         &kx_json_token_answer};
    if (size == 0) return 0;
    size_t which = *data % (G_N_ELEMENTS(SHAPES) + 1);
    g_autoptr(GBytes) body = g_bytes_new(data + 1, size - 1);
    if (which < G_N_ELEMENTS(SHAPES))
        read_object(body, SHAPES[which]);
    else
        read_others(body);
    return 0;
}
