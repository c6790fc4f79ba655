/* An answer whose members are looked up by name, for services whose answers are wide and of which
 * most members are only shown: Oozie, YARN, job history.
 *
 * Strict as json.h: UTF-8, nesting of at most 32, no NUL in a text; what has another type than
 * asked for counts as absent. Hadoop turns an array of one element into that element: an object
 * counts as an array of one, null and what is absent as an empty one.
 *
 * Threads: a record is constant after it was made; any thread may look into one that it has a
 * reference to. Ownership: items are borrowed from their record. Memory: some fifty times the bytes
 * of the answer at most, which the caller caps. */
#pragma once
#include <glib.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

struct kx_answer;
struct kx_item; /* a value in a record */

/** @out owned: a reference.  @return 0; -EPROTO. */
int kx_answer_parse(GBytes *body, struct kx_answer **out, struct kx_error *err);
struct kx_answer *kx_answer_ref(struct kx_answer *record);
void kx_answer_unref(struct kx_answer *record); /* NULL is fine */

/** The whole answer; NULL when it is null. */
const struct kx_item *kx_answer_root(const struct kx_answer *record);

/** What stands at a path of member names: "nodes/node"; "" is the item itself.  @return NULL: it is
 * absent or null, or the item is NULL. */
const struct kx_item *kx_item_at(const struct kx_item *item, const char *path);

/** The elements; see above. */
size_t kx_item_count(const struct kx_item *item);
const struct kx_item *kx_item_element(const struct kx_item *item, size_t index);

/** A member as text: a string, a number, true or false.  @return owned; NULL: absent, null, or no
 * single value. */
char *kx_item_text(const struct kx_item *item, const char *path);

/** The item itself as text; as kx_item_text. */
char *kx_item_value(const struct kx_item *item);

/** A member that is a whole number, or a text of digits. */
int64_t kx_item_number(const struct kx_item *item, const char *path, int64_t otherwise);

/** Each member that is a single value, in the order of the answer. */
void kx_item_each(const struct kx_item *item,
                  void (*take)(const char *name, const char *value, void *context), void *context);

/** As JSON text over several lines, with a line's end.  @return owned. */
char *kx_item_json(const struct kx_item *item);

KX_DEFINE_AUTOPTR(kx_answer, kx_answer_unref)
