#include "base/error.h"

#include <stdarg.h>
#include <string.h>

int kx_error_set(struct kx_error *err, int code, const char *fmt, ...)
{
    if (!err) return -code;
    va_list args;
    va_start(args, fmt);
    g_autofree char *message = g_strdup_vprintf(fmt, args);
    va_end(args);
    kx_error_clear(err);
    err->code = code;
    err->message = g_steal_pointer(&message);
    return -code;
}

void kx_error_prefix(struct kx_error *err, const char *fmt, ...)
{
    if (!err) return;
    va_list args;
    va_start(args, fmt);
    g_autofree char *words = g_strdup_vprintf(fmt, args);
    va_end(args);
    g_autofree char *old = err->message;
    err->message = g_strconcat(words, ": ", old ? old : g_strerror(err->code), NULL);
}

void kx_error_about(struct kx_error *err, const char *op, const char *path)
{
    if (!err) return;
    if (!err->op) err->op = g_strdup(op);
    if (!err->path) err->path = g_strdup(path);
}

void kx_error_clear(struct kx_error *err)
{
    if (!err) return;
    g_free(err->exception);
    g_free(err->message);
    g_free(err->op);
    g_free(err->path);
    g_free(err->request);
    *err = (struct kx_error)KX_ERROR_INIT;
}

void kx_error_copy(struct kx_error *to, const struct kx_error *from)
{
    if (to == from) return;
    kx_error_clear(to);
    *to = *from;
    to->exception = g_strdup(from->exception);
    to->message = g_strdup(from->message);
    to->op = g_strdup(from->op);
    to->path = g_strdup(from->path);
    to->request = g_strdup(from->request);
}

char *kx_error_format(const struct kx_error *err)
{
    GString *line = g_string_new(NULL);
    if (err->op) g_string_append(line, err->op);
    if (err->path) g_string_append_printf(line, "%s%s", line->len ? " " : "", err->path);
    if (line->len) g_string_append(line, ": ");
    g_string_append(line, err->message ? err->message : "no reason given");
    g_string_append(line, " (");
    if (err->exception) g_string_append_printf(line, "%s, ", err->exception);
    if (err->http_status) g_string_append_printf(line, "HTTP %ld, ", err->http_status);
    g_string_append_printf(line, "%s)", g_strerror(err->code));
    for (char *at = line->str; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f) *at = ' ';
    return g_string_free(line, FALSE);
}
