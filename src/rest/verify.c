#include "rest/verify.h"

#include <errno.h>

#define USUAL_BLOCK_BYTES ((int64_t)128 * 1024 * 1024) /* Hadoop's own defaults */
#define USUAL_CRC_BYTES   512

struct kx_sums {
    GMutex mutex; /* guards the rest; memory work only */
    struct kx_sum_form form;
    int64_t default_block_bytes; /* of new files; 0: the server does not tell */
    bool asked;                  /* for the two above */
    bool warned;
};

struct kx_sums *kx_sums_new(void)
{
    struct kx_sums *sums = g_new0(struct kx_sums, 1);
    g_mutex_init(&sums->mutex);
    sums->form = (struct kx_sum_form){
        .kind = KX_CRC32C, .block_bytes = USUAL_BLOCK_BYTES, .crc_bytes = USUAL_CRC_BYTES};
    return sums;
}

void kx_sums_free(struct kx_sums *sums)
{
    if (!sums) return;
    g_mutex_clear(&sums->mutex);
    g_free(sums);
}

static void set_defaults(struct kx_sums *sums, const struct kx_server_defaults *defaults)
{
    g_mutex_lock(&sums->mutex);
    sums->asked = true;
    sums->default_block_bytes = defaults->block_bytes;
    if (defaults->block_bytes > 0) sums->form.block_bytes = defaults->block_bytes;
    if (defaults->bytes_per_checksum > 0) sums->form.crc_bytes = defaults->bytes_per_checksum;
    g_mutex_unlock(&sums->mutex);
}

/* A server that answers, but not this, is one whose sums will teach us. */
static int ask_defaults(struct kx_client *client, const struct kx_call *call, struct kx_error *err)
{
    struct kx_sums *sums = kx_client_sums(client);
    KX_ERROR_AUTO(own);
    struct kx_server_defaults defaults = {0};
    g_mutex_lock(&sums->mutex);
    bool asked = sums->asked;
    g_mutex_unlock(&sums->mutex);
    if (asked) return 0;
    int result = kx_webhdfs_server_defaults(client, call, &defaults, &own);
    if (result < 0 && !own.http_status) {
        if (err) kx_error_copy(err, &own);
        return result;
    }
    set_defaults(sums, &defaults);
    return 0;
}

int kx_verify_begin(struct kx_client *client, int64_t *block_bytes, const struct kx_call *call,
                    struct kx_sum **out, struct kx_error *err)
{
    struct kx_sums *sums = kx_client_sums(client);
    int result = ask_defaults(client, call, err);
    if (result < 0) return result;
    g_mutex_lock(&sums->mutex);
    struct kx_sum_form form = sums->form;
    if (!*block_bytes) *block_bytes = sums->default_block_bytes;
    g_mutex_unlock(&sums->mutex);
    if (*block_bytes) form.block_bytes = *block_bytes;
    *out = kx_sum_new(&form);
    return 0;
}

static void warn_once(struct kx_client *client, const char *path, const char *why)
{
    struct kx_sums *sums = kx_client_sums(client);
    g_mutex_lock(&sums->mutex);
    bool warned = sums->warned;
    sums->warned = true;
    g_mutex_unlock(&sums->mutex);
    if (warned) return;
    kx_log_write(kx_client_log(client), KX_LOG_WARNING,
                 "%s: not verified: %s (this is said only once)", path, why);
}

/* Block size apart: that is known of each file when it is created. */
static void learn(struct kx_client *client, const struct kx_sum_form *form)
{
    struct kx_sums *sums = kx_client_sums(client);
    g_mutex_lock(&sums->mutex);
    if (!sums->default_block_bytes) sums->form.block_bytes = form->block_bytes;
    sums->form.kind = form->kind;
    sums->form.composite = form->composite;
    sums->form.crc_bytes = form->crc_bytes;
    g_mutex_unlock(&sums->mutex);
}

/* The sums of such a file are of other bytes.  @return whether it is one, as far as the server
 * says.
 */
static bool is_kept_otherwise(struct kx_client *client, const char *path,
                              const struct kx_call *call)
{
    struct kx_status status = {0};
    int result = kx_webhdfs_stat(client, path, call, &status, NULL);
    bool otherwise = result == 0 && (status.encrypted || status.erasure_coded);
    kx_status_clear(&status);
    return otherwise;
}

static int differs(struct kx_client *client, const char *path, const char *what, struct kx_sum *sum,
                   const struct kx_checksum *server, const struct kx_call *call,
                   struct kx_error *err)
{
    g_autofree char *ours = kx_sum_text(sum), *theirs = kx_checksum_text(server);
    if (is_kept_otherwise(client, path, call)) {
        warn_once(client, path, "an encrypted or erasure-coded file's sum is not of its content");
        return 0;
    }
    kx_error_set(err, EIO, "%s: its checksum is %s instead of %s", what, theirs, ours);
    kx_error_about(err, kx_op_info(KX_GETFILECHECKSUM)->name, path);
    return -EIO;
}

static int compare(struct kx_client *client, const char *path, const char *what, struct kx_sum *sum,
                   const struct kx_call *call, struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct kx_error *to = err ? err : &own;
    struct kx_checksum server = {0};
    struct kx_sum_form form;
    int result = kx_webhdfs_checksum(client, path, call, &server, to);
    if (result == -EOPNOTSUPP) {
        kx_error_clear(to);
        warn_once(client, path, "the server has no GETFILECHECKSUM");
        return 0;
    }
    if (result < 0) return result;
    enum kx_sum_verdict verdict = kx_sum_compare(sum, &server, &form);
    if (verdict == KX_SUM_DIFFERS) result = differs(client, path, what, sum, &server, call, to);
    if (verdict == KX_SUM_OTHER_FORM) {
        g_autofree char *why = g_strdup_printf(
            "the server sums in another way than was expected: %s", server.algorithm);
        learn(client, &form);
        warn_once(client, path, why);
    }
    kx_checksum_clear(&server);
    return result;
}

int kx_verify_end(struct kx_client *client, const char *path, struct kx_sum *sum,
                  const struct kx_call *call, struct kx_error *err)
{
    return compare(client, path, "what the server got is not what was sent", sum, call, err);
}

int kx_verify_read(struct kx_client *client, const char *path, struct kx_sum *sum,
                   const struct kx_call *call, struct kx_error *err)
{
    return compare(client, path, "what the server has is not what was read", sum, call, err);
}
