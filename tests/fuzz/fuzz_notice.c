/* A call of the listener: whatever is taken of it is the id of a job, and more bytes of a request
 * that was whole change nothing. */
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "oozie/notice.h"

#define TOKEN "0123456789abcdef"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *bytes = g_memdup2(data, size), *job = NULL, *again = NULL;
    struct kx_job_id id;
    if (!bytes) return 0;
    int result = kx_notice_read(bytes, size, TOKEN, &job);
    FUZZ_CHECK((result == 0) == (job != NULL));
    FUZZ_CHECK(result == 0 || result == -EAGAIN || result == -ENOENT || result == -EINVAL);
    FUZZ_CHECK(result != -EAGAIN || size < KX_NOTICE_BYTES_MAX);
    if (result < 0) return 0;
    FUZZ_CHECK(memmem(bytes, size, TOKEN "/", strlen(TOKEN "/")));
    FUZZ_CHECK(kx_job_id_parse(job, &id, NULL) == 0 && !id.action);
    kx_job_id_clear(&id);
    g_autofree char *longer = g_malloc(size + 1);
    memcpy(longer, bytes, size);
    longer[size] = 'x';
    FUZZ_CHECK(kx_notice_read(longer, size + 1, TOKEN, &again) == 0 && strcmp(job, again) == 0);
    return 0;
}
