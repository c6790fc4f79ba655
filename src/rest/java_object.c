#include "rest/java_object.h"

#include <errno.h>
#include <string.h>

#define HANDLE_BASE   0x7e0000
#define CHAIN_MAX     16 /* classes that one is made from */
#define FIELDS_MAX    256
#define WRITES_MORE   0x01 /* flags of a class */
#define IS_READ_ALONE 0x02
#define IS_ENUM       0x10

enum token {
    NOTHING = 0x70,
    REFERENCE,
    CLASS,
    OBJECT,
    TEXT,
    ARRAY,
    CLASS_ITSELF,
    DATA,
    END,
    RESET,
    LONG_DATA,
    EXCEPTION,
    LONG_TEXT,
    PROXY_CLASS,
    ENUM
};

struct field {
    char type;
    char *name;
};

struct type {
    char *name;
    uint8_t flags;
    GArray *fields; /* of struct field */
    struct type *above;
};

/* What a handle stands for. */
struct thing {
    struct type *type; /* of a class */
    char *text;
};

struct reader {
    struct kx_bytes bytes;
    kx_java_take *take;
    void *context;
    GArray *things; /* of struct thing, each freed with the array */
    int depth;
};

static void clear_field(gpointer data)
{
    g_free(((struct field *)data)->name);
}

static void clear_thing(gpointer data)
{
    struct thing *thing = data;
    g_free(thing->text);
    if (!thing->type) return;
    g_free(thing->type->name);
    g_array_free(thing->type->fields, TRUE);
    g_free(thing->type);
}

static bool fail(struct reader *reader)
{
    reader->bytes.cut = true;
    return false;
}

/* @return its number. */
static guint new_thing(struct reader *reader, struct type *type, char *text)
{
    const struct thing thing = {type, text};
    if (reader->things->len >= KX_JAVA_HANDLES) fail(reader);
    g_array_append_val(reader->things, thing);
    return reader->things->len - 1;
}

static bool read_content(struct reader *reader, const char **text);
static bool read_type(struct reader *reader, struct type **out);

/* What a class or an object has written beyond its fields. */
static bool read_more(struct reader *reader)
{
    while (!reader->bytes.cut) {
        if (reader->bytes.left && *reader->bytes.at == END)
            return kx_bytes_take(&reader->bytes, 1) != NULL;
        if (!read_content(reader, NULL)) return false;
    }
    return false;
}

static char *read_short_text(struct reader *reader)
{
    return kx_bytes_text(&reader->bytes, (size_t)kx_bytes_number(&reader->bytes, 2));
}

static bool read_fields_of_type(struct reader *reader, struct type *type)
{
    size_t count = (size_t)kx_bytes_number(&reader->bytes, 2);
    if (count > FIELDS_MAX) return fail(reader);
    for (size_t i = 0; i < count && !reader->bytes.cut; i++) {
        struct field field = {.type = (char)kx_bytes_number(&reader->bytes, 1)};
        field.name = read_short_text(reader);
        if (!field.name) return false;
        g_array_append_val(type->fields, field);
        if ((field.type == 'L' || field.type == '[') && !read_content(reader, NULL)) return false;
    }
    return !reader->bytes.cut;
}

static bool read_new_type(struct reader *reader, struct type **out)
{
    char *name = read_short_text(reader);
    kx_bytes_number(&reader->bytes, 8); /* the class's version */
    if (!name) return false;
    struct type *type = g_new0(struct type, 1);
    type->name = name;
    type->fields = g_array_new(FALSE, TRUE, sizeof(struct field));
    g_array_set_clear_func(type->fields, clear_field);
    new_thing(reader, type, NULL);
    type->flags = (uint8_t)kx_bytes_number(&reader->bytes, 1);
    *out = type;
    return read_fields_of_type(reader, type) && read_more(reader) &&
           read_type(reader, &type->above);
}

/* @return NULL: there is no such. */
static const struct thing *referred(struct reader *reader)
{
    uint64_t handle = kx_bytes_number(&reader->bytes, 4) - HANDLE_BASE;
    if (handle < reader->things->len) return &g_array_index(reader->things, struct thing, handle);
    fail(reader);
    return NULL;
}

/* A class, one that was named before, or none. */
static bool read_type(struct reader *reader, struct type **out)
{
    uint64_t token = kx_bytes_number(&reader->bytes, 1);
    *out = NULL;
    if (++reader->depth > KX_JAVA_DEPTH) return fail(reader);
    bool well = !reader->bytes.cut;
    if (token == CLASS) {
        well = read_new_type(reader, out);
    } else if (token == REFERENCE) {
        const struct thing *thing = referred(reader);
        *out = thing ? thing->type : NULL;
        well = *out || fail(reader);
    } else if (token != NOTHING) {
        well = fail(reader);
    }
    reader->depth--;
    return well;
}

static unsigned width(char type)
{
    static const char TYPES[] = "BZCSIFJD";
    static const unsigned WIDTHS[] = {1, 1, 2, 2, 4, 4, 8, 8};
    const char *at = type ? strchr(TYPES, type) : NULL;
    return at ? WIDTHS[at - TYPES] : 0;
}

static bool read_value(struct reader *reader, char type, struct kx_java_field *out)
{
    unsigned count = width(type);
    if (!count) return type == 'L' || type == '[' ? read_content(reader, &out->text) : fail(reader);
    unsigned unused = 64 - count * 8;
    out->number = (int64_t)(kx_bytes_number(&reader->bytes, count) << unused) >> unused;
    return !reader->bytes.cut;
}

/* The texts are those of handles, which stay where they are. */
static bool read_fields(struct reader *reader, const struct type *type)
{
    g_autofree struct kx_java_field *values = g_new0(struct kx_java_field, type->fields->len + 1);
    for (guint i = 0; i < type->fields->len; i++) {
        const struct field field = g_array_index(type->fields, struct field, i);
        values[i].name = field.name;
        if (!read_value(reader, field.type, &values[i])) return false;
    }
    reader->take(type->name, values, type->fields->len, reader->context);
    return true;
}

static bool read_object(struct reader *reader)
{
    struct type *chain[CHAIN_MAX], *type;
    size_t count = 0;
    if (!read_type(reader, &type)) return false;
    new_thing(reader, NULL, NULL);
    for (; type && count < CHAIN_MAX; type = type->above)
        chain[count++] = type;
    if (type) return fail(reader);
    while (count--) { /* the highest first */
        if (!(chain[count]->flags & IS_READ_ALONE)) return fail(reader);
        if (!read_fields(reader, chain[count])) return false;
        if ((chain[count]->flags & WRITES_MORE) && !read_more(reader)) return false;
    }
    return true;
}

static bool read_array(struct reader *reader)
{
    struct type *type;
    if (!read_type(reader, &type) || !type) return fail(reader);
    new_thing(reader, NULL, NULL);
    uint64_t count = kx_bytes_number(&reader->bytes, 4);
    struct kx_java_field value = {0};
    for (uint64_t i = 0; i < count; i++)
        if (!read_value(reader, type->name[0] == '[' ? type->name[1] : '\0', &value)) return false;
    return !reader->bytes.cut;
}

static bool read_enum(struct reader *reader)
{
    struct type *type;
    if (!read_type(reader, &type)) return false;
    new_thing(reader, NULL, NULL);
    return read_content(reader, NULL);
}

static bool read_text(struct reader *reader, unsigned width_of_length, const char **out)
{
    uint64_t length = kx_bytes_number(&reader->bytes, width_of_length);
    char *text =
        length <= reader->bytes.left ? kx_bytes_text(&reader->bytes, (size_t)length) : NULL;
    if (!text) return fail(reader);
    new_thing(reader, NULL, text);
    if (out) *out = text;
    return true;
}

static bool read_token(struct reader *reader, uint64_t token, const char **text)
{
    const struct thing *thing;
    struct type *type;
    switch (token) {
    case NOTHING:
        return true;
    case REFERENCE:
        thing = referred(reader);
        if (thing && text) *text = thing->text;
        return thing != NULL;
    case CLASS:
        return read_new_type(reader, &type);
    case OBJECT:
        return read_object(reader);
    case TEXT:
        return read_text(reader, 2, text);
    case LONG_TEXT:
        return read_text(reader, 8, text);
    case ARRAY:
        return read_array(reader);
    case DATA:
        return kx_bytes_take(&reader->bytes, (size_t)kx_bytes_number(&reader->bytes, 1)) != NULL;
    case LONG_DATA:
        return kx_bytes_take(&reader->bytes, (size_t)kx_bytes_number(&reader->bytes, 4)) != NULL;
    case ENUM:
        return read_enum(reader);
    default:
        return fail(reader);
    }
}

/* @text what it is, when it is a text; may be NULL. */
static bool read_content(struct reader *reader, const char **text)
{
    uint64_t token = kx_bytes_number(&reader->bytes, 1);
    if (reader->bytes.cut || ++reader->depth > KX_JAVA_DEPTH) return fail(reader);
    bool well = read_token(reader, token, text) && !reader->bytes.cut;
    reader->depth--;
    return well;
}

int kx_java_read(const uint8_t *text, size_t length, kx_java_take *take, void *context,
                 struct kx_error *err)
{
    static const uint32_t MAGIC = 0xaced0005;
    struct reader reader = {.bytes = {text, length, false}, .take = take, .context = context};
    reader.things = g_array_new(FALSE, TRUE, sizeof(struct thing));
    g_array_set_clear_func(reader.things, clear_thing);
    bool well = kx_bytes_number(&reader.bytes, 4) == MAGIC && read_content(&reader, NULL);
    g_array_free(reader.things, TRUE);
    return well ? 0 : kx_error_set(err, EPROTO, "these are no objects of Java that are known");
}
