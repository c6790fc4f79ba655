/* What the files json*.c share: documents and members. json-c's own header is included only there.
 * Threads: a document belongs to one thread. */
#pragma once
#include "base/cleanup.h"
#include "rest/json.h"

struct json_object;

void kx_json_free(struct json_object *document); /* NULL is fine */
KX_DEFINE_AUTOPTR(json_object, kx_json_free)

/** @out owned; NULL on success means that the document is `null`. */
int kx_json_parse(const char *text, size_t length, struct json_object **out, struct kx_error *err);
int kx_json_parse_bytes(GBytes *body, struct json_object **out, struct kx_error *err);

/** One value at the start of a text that goes on.  @used how many bytes it has. */
int kx_json_parse_front(const char *text, size_t length, struct json_object **out, size_t *used,
                        struct kx_error *err);

/** The member of an object, borrowed; NULL for null.  @return 0; -EPROTO when it is absent or
 * `object` is no object. */
int kx_json_member(struct json_object *object, const char *name, struct json_object **out,
                   struct kx_error *err);

/** As kx_json_member, with an array; null is an array of length 0. */
struct kx_json_array {
    struct json_object *array;
    size_t length;
};
int kx_json_array_member(struct json_object *object, const char *name, struct kx_json_array *out,
                         struct kx_error *err);
struct json_object *kx_json_array_at(const struct kx_json_array *array, size_t i);

/** The text of a string without NUL, borrowed; NULL when it is none. */
const char *kx_json_text(struct json_object *value);

/** The member's text, borrowed; NULL when there is none. */
const char *kx_json_text_member(struct json_object *object, const char *name);

/** Fill *out from the members of an object, not of what wraps it. -EPROTO: *out is zeroed. */
int kx_json_fill(struct json_object *object, const struct kx_json_shape *shape, void *out,
                 struct kx_error *err);

/** Fill one struct kx_status from an object. -EPROTO: *out is zeroed. */
int kx_json_status_fill(struct json_object *object, struct kx_status *out, struct kx_error *err);

/** May this be the name of a directory's entry: not "", "." or "..", no '/' and no NUL, at most
 * KX_NAME_MAX bytes? */
bool kx_json_name_usable(struct json_object *name);
