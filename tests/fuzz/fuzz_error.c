/* The body of an answer that is no success: JSON, a page, anything. The first byte is the status.
 */
#include "fuzz.h"
#include "rest/errno_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    KX_ERROR_AUTO(err);
    if (size == 0) return 0;
    int result = kx_error_from_answer(&err, 300 + *data, (const char *)data + 1, size - 1);
    FUZZ_CHECK(result < 0 && err.code == -result && err.http_status == 300 + *data);
    FUZZ_CHECK(err.message && g_utf8_validate(err.message, -1, NULL));
    kx_exception_is_transient(err.exception, err.http_status);
    kx_open_is_transient(&err);
    g_autofree char *line = kx_error_format(&err);
    for (const char *at = line; *at; at++)
        FUZZ_CHECK((unsigned char)*at >= 0x20);
    return 0;
}
