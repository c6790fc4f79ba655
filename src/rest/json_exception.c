#include <json-c/json.h>

#include "rest/json.h"
#include "rest/json_value.h"

void kx_remote_exception_clear(struct kx_remote_exception *exception)
{
    g_free(exception->exception);
    g_free(exception->message);
    *exception = (struct kx_remote_exception){0};
}

bool kx_json_read_exception(const char *body, size_t length, struct kx_remote_exception *out)
{
    g_autoptr(json_object) document = NULL;
    struct json_object *inside = NULL;
    *out = (struct kx_remote_exception){0};
    if (length == 0 || kx_json_parse(body, length, &document, NULL) < 0) return false;
    if (kx_json_member(document, "RemoteException", &inside, NULL) < 0) return false;
    out->exception = g_strdup(kx_json_text_member(inside, "exception"));
    out->message = g_strdup(kx_json_text_member(inside, "message"));
    if (!out->exception) out->exception = g_strdup(kx_json_text_member(inside, "javaClassName"));
    return out->exception || out->message;
}
