/* What was found to be wrong, and how it is told. */
#include <string.h>

#include "oozie/workflow.h"

static void finding_clear(gpointer data)
{
    g_free(((struct kx_finding *)data)->text);
}

struct kx_findings *kx_findings_new(void)
{
    struct kx_findings *findings = g_new0(struct kx_findings, 1);
    findings->all = g_array_new(FALSE, FALSE, sizeof(struct kx_finding));
    g_array_set_clear_func(findings->all, finding_clear);
    return findings;
}

void kx_findings_free(struct kx_findings *findings)
{
    if (!findings) return;
    g_array_free(findings->all, TRUE);
    g_free(findings);
}

/* @text consumed. Control characters of names do not get into the lines. */
static void add(struct kx_findings *findings, struct kx_finding one, char *text)
{
    one.text = text;
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ') *c = ' ';
    if (findings->all->len < KX_FINDINGS_MAX)
        g_array_append_val(findings->all, one);
    else
        g_free(text);
}

void kx_findings_add(struct kx_findings *findings, int line, const char *code, const char *format,
                     ...)
{
    va_list values;
    if (!findings) return;
    va_start(values, format);
    add(findings, (struct kx_finding){.line = line, .fatal = true, .code = code},
        g_strdup_vprintf(format, values));
    va_end(values);
}

void kx_findings_warn(struct kx_findings *findings, int line, const char *format, ...)
{
    va_list values;
    if (!findings) return;
    va_start(values, format);
    add(findings, (struct kx_finding){.line = line, .code = ""}, g_strdup_vprintf(format, values));
    va_end(values);
}

bool kx_findings_fatal(const struct kx_findings *findings)
{
    for (guint i = 0; i < findings->all->len; i++)
        if (g_array_index(findings->all, struct kx_finding, i).fatal) return true;
    return false;
}

static int by_line(gconstpointer a, gconstpointer b)
{
    const struct kx_finding *one = a, *other = b;
    return (one->line > other->line) - (one->line < other->line);
}

void kx_findings_write(struct kx_findings *findings, const char *file, GString *out)
{
    g_array_sort(findings->all, by_line);
    for (guint i = 0; i < findings->all->len; i++) {
        const struct kx_finding *one = &g_array_index(findings->all, struct kx_finding, i);
        g_string_append_printf(out, "%s:%d: %s: %s%s%s\n", file, one->line,
                               one->fatal ? "error" : "warning", one->code, *one->code ? ": " : "",
                               one->text);
    }
}
