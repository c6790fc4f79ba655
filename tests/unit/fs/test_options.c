#include "fs/options.h"

#include <errno.h>
#include <string.h>

#include "fs/options_table.h"
#include "support.h"

/* knoxfs WORDS...  @return as kx_options_parse. */
static int parse(struct kx_options *out, struct kx_error *err, ...)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    va_list words;
    va_start(words, err);
    g_ptr_array_add(argv, (char *)(uintptr_t) "knoxfs");
    for (const char *word; (word = va_arg(words, const char *));)
        g_ptr_array_add(argv, (char *)(uintptr_t)word);
    va_end(words);
    g_ptr_array_add(argv, NULL);
    return kx_options_parse((int)argv->len - 1, (char **)argv->pdata, out, err);
}

/* knoxfs -o LIST http://nn /mnt, which must be right. */
static void parse_list(const char *list, struct kx_options *out)
{
    KX_ERROR_AUTO(err);
    if (parse(out, &err, "-o", list, "http://nn", "/mnt", NULL) != 0)
        fail_msg("-o %s: %s", list, err.message);
}

static void check_refused(const char *list, const char *message)
{
    KX_ERROR_AUTO(err);
    struct kx_options options;
    if (parse(&options, &err, "-o", list, "http://nn", "/mnt", NULL) != -EINVAL)
        fail_msg("-o %s was taken", list);
    assert_int_equal(err.code, EINVAL);
    assert_string_equal(err.message, message);
    assert_null(options.endpoint); /* nothing is left to free */
}

static void without_options_there_are_defaults(void **state)
{
    (void)state;
    struct kx_options o;
    assert_int_equal(parse(&o, NULL, "http://nn:9870/a", "/mnt", NULL), 0);
    assert_string_equal(o.endpoint, "http://nn:9870/a");
    assert_string_equal(o.mountpoint, "/mnt");
    assert_false(o.foreground || o.debug || o.help || o.version);
    assert_false(o.read_only || o.allow_other || o.default_permissions);
    assert_true(o.attr_timeout_s == 1 && o.entry_timeout_s == 1 && o.negative_timeout_s == 1);
    assert_int_equal(o.uid, -1);
    assert_int_equal(o.gid, -1);
    assert_int_equal(o.timeout_ms, 30000);
    assert_int_equal(o.data_timeout_ms, 60000);
    assert_int_equal(o.connect_timeout_ms, 5000);
    assert_int_equal(o.replication, 0);
    assert_int_equal(o.block_bytes, 0);
    assert_int_equal(o.log_level, KX_LOG_WARNING);
    assert_true(!o.user && !o.fsname && !o.log_file);
    assert_int_equal(o.kernel->len, 0);
    kx_options_clear(&o);
}

/* --- every option, with a value that is right --- */

static const struct {
    const char *name, *word;
    bool (*is_set)(const struct kx_options *o);
} GOOD[] = {
#define ROW(name, word, condition) {name, word, set_##name},
#define SET(name, word, condition)                                                                 \
    static bool set_##name(const struct kx_options *o)                                             \
    {                                                                                              \
        return condition;                                                                          \
    }
#define ALL(X)                                                                                     \
    X(ro, "ro", o->read_only)
};

int main(void)
{
    return 0;
}
