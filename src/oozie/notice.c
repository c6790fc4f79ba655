#include "oozie/notice.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define METHOD "GET /"

static const char *find(const char *bytes, size_t length, const char *what)
{
    return memmem(bytes, length, what, strlen(what));
}

/* In a time that does not tell how much of it is right. */
static bool is_same(const char *given, size_t length, const char *token)
{
    unsigned char other = 0;
    if (length != strlen(token)) return false;
    for (size_t i = 0; i < length; i++)
        other |= (unsigned char)given[i] ^ (unsigned char)token[i];
    return other == 0;
}

/* "TOKEN/ID" */
static int read_path(const char *path, size_t length, const char *token, char **job)
{
    const char *slash = memchr(path, '/', length);
    if (!slash || !is_same(path, (size_t)(slash - path), token)) return -ENOENT;
    const char *rest = slash + 1;
    size_t left = length - (size_t)(rest - path);
    if (memchr(rest, '\0', left)) return -EINVAL;
    g_autofree char *text = g_strndup(rest, left);
    struct kx_job_id id;
    if (kx_job_id_parse(text, &id, NULL) < 0) return -ENOENT;
    *job = g_steal_pointer(&id.job);
    kx_job_id_clear(&id);
    return 0;
}

int kx_notice_read(const char *bytes, size_t length, const char *token, char **job)
{
    const size_t method = strlen(METHOD);
    if (memcmp(bytes, METHOD, MIN(length, method)) != 0) return -EINVAL;
    if (!find(bytes, length, "\r\n\r\n")) return length < KX_NOTICE_BYTES_MAX ? -EAGAIN : -EINVAL;
    const char *end = find(bytes, length, "\r\n");
    const char *path = bytes + method;
    const char *blank = end > path ? memchr(path, ' ', (size_t)(end - path)) : NULL;
    if (!blank || !g_str_has_prefix(blank + 1, "HTTP/1.")) return -EINVAL;
    return read_path(path, (size_t)(blank - path), token, job);
}
