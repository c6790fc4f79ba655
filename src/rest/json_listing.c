/* Listings are the only answers that may be big: the array of entries is read one entry at a time,
 * and what is around it as a small document of its own, with an empty array in its place. */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "rest/json.h"
#include "rest/json_value.h"

#define ENTRY_MAX    ((size_t)64 * 1024) /* bytes of one entry as JSON */
#define ENVELOPE_MAX ((size_t)64 * 1024) /* bytes of everything else */

struct text {
    const char *at, *end;
};

static void skip_space(struct text *text)
{
    while (text->at < text->end && strchr(" \t\r\n", *text->at) && *text->at)
        text->at++;
}

static bool skip_byte(struct text *text, char byte)
{
    skip_space(text);
    if (text->at >= text->end || *text->at != byte) return false;
    text->at++;
    return true;
}

/* Skip the rest of a string, from behind its opening quote. */
static void skip_string(struct text *text)
{
    while (text->at < text->end && *text->at != '"')
        text->at += (*text->at == '\\' && text->at + 1 < text->end) ? 2 : 1;
    if (text->at < text->end) text->at++;
}

/* Move behind the '[' of the first "FileStatus":[ that is no part of a string. */
static bool find_entries(struct text *text)
{
    static const char KEY[] = "\"FileStatus\"";
    while (text->at < text->end) {
        const char *start = text->at++;
        if (*start != '"') continue;
        skip_string(text);
        if ((size_t)(text->at - start) != sizeof KEY - 1 || memcmp(start, KEY, sizeof KEY - 1) != 0)
            continue;
        if (skip_byte(text, ':') && skip_byte(text, '[')) return true;
    }
    return false;
}

static void entry_clear(gpointer entry)
{
    kx_status_clear(entry);
}

/* Most entries have the owner of the one before them: one copy does for all. */
static void share(char **mine, char *before)
{
    if (!g_str_equal(*mine, before)) return;
    g_ref_string_release(*mine);
    *mine = g_ref_string_acquire(before);
}

static void append(GArray *entries, struct kx_status status)
{
    if (entries->len > 0) {
        const struct kx_status *last = &g_array_index(entries, struct kx_status, entries->len - 1);
        share(&status.owner, last->owner);
        share(&status.group, last->group);
    }
    g_array_append_val(entries, status);
}

static int entry_take(struct json_object *object, struct kx_json_listing *out, struct kx_error *err)
{
    struct json_object *name = NULL;
    struct kx_status status = {0};
    int rc = kx_json_member(object, "pathSuffix", &name, err);
    if (rc < 0) return rc;
    bool usable = kx_json_name_usable(name);
    bool nameless = json_object_get_string_len(name) == 0;
    if (!usable && !nameless) {
        out->dropped++;
        return 0;
    }
    rc = kx_json_status_fill(object, &status, err);
    if (rc < 0) return rc;
    if (usable) {
        append(out->page.entries, status);
        return 0;
    }
    if (status.type == KX_TYPE_DIRECTORY)
        out->dropped++;
    else
        out->of_file = true;
    kx_status_clear(&status);
    return 0;
}

/* Read "{...},{...}]", up to behind the ']'. */
static int read_entries(struct text *text, struct kx_json_listing *out, struct kx_error *err)
{
    if (skip_byte(text, ']')) return 0;
    do {
        g_autoptr(json_object) object = NULL;
        size_t used = 0;
        skip_space(text);
        size_t length = MIN((size_t)(text->end - text->at), ENTRY_MAX);
        int rc = kx_json_parse_front(text->at, length, &object, &used, err);
        if (rc == 0) rc = entry_take(object, out, err);
        if (rc < 0) return rc;
        text->at += used;
    } while (skip_byte(text, ','));
    return skip_byte(text, ']') ? 0 : kx_error_set(err, EPROTO, "the listing is cut off");
}

/* The listing without its entries: both forms, what remains, and that the array was at its place.
 */
static int read_envelope(const GString *envelope, struct kx_json_listing *out, struct kx_error *err)
{
    g_autoptr(json_object) document = NULL;
    struct json_object *at = NULL, *listing = NULL;
    struct kx_json_array entries;
    static const struct kx_json_field REMAINING[] = {
        {.name = "remainingEntries", .kind = KX_JSON_INT64, .required = true, .highest = INT64_MAX},
        {.name = NULL}};
    static const struct kx_json_shape SHAPE = {{NULL}, REMAINING, sizeof(int64_t)};
    int rc = kx_json_parse(envelope->str, envelope->len, &document, err);
    if (rc < 0) return rc;
    at = document;
    if (json_object_is_type(document, json_type_object) &&
        json_object_object_get_ex(document, "DirectoryListing", &listing)) {
        rc = kx_json_fill(listing, &SHAPE, &out->page.remaining, err);
        if (rc == 0) rc = kx_json_member(listing, "partialListing", &at, err);
    }
    if (rc == 0) rc = kx_json_member(at, "FileStatuses", &at, err);
    if (rc == 0) rc = kx_json_array_member(at, "FileStatus", &entries, err);
    if (rc == 0 && entries.length > 0)
        rc = kx_error_set(err, EPROTO, "the listing has its entries at another place");
    return rc;
}

int kx_json_read_listing(GBytes *body, struct kx_json_listing *out, struct kx_error *err)
{
    gsize length;
    const char *start = g_bytes_get_data(body, &length);
    if (length == 0) start = "";
    struct text text = {start, start + length};
    g_autoptr(GString) envelope = g_string_new(NULL);
    *out = (struct kx_json_listing){.page.entries =
                                        g_array_new(FALSE, TRUE, sizeof(struct kx_status))};
    g_array_set_clear_func(out->page.entries, entry_clear);
    bool found = find_entries(&text);
    size_t head = found ? (size_t)(text.at - start) : length;
    int rc = found ? read_entries(&text, out, err) : 0;
    if (rc < 0) return rc;
    if (head + (size_t)(text.end - text.at) > ENVELOPE_MAX)
        return kx_error_set(err, EPROTO, "the listing's answer is no listing");
    g_string_append_len(envelope, start, (gssize)head);
    if (found) g_string_append_c(envelope, ']');
    g_string_append_len(envelope, text.at, text.end - text.at);
    return read_envelope(envelope, out, err);
}
