/* Workflows, coordinators and bundles: what is wrong with them, and how they are drawn. */
#include <string.h>

#include "fuzz.h"
#include "oozie/workflow.h"

static void draw(const struct kx_workflow *workflow)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree int *layers = kx_workflow_layers(workflow);
    for (guint i = 0; i < workflow->steps->len; i++)
        FUZZ_CHECK(layers[i] >= -1 && layers[i] < (int)workflow->steps->len);
    kx_graph_text(workflow, NULL, out);
    kx_graph_dot(workflow, NULL, out);
    g_string_truncate(out, 0);
    kx_graph_svg(workflow, NULL, out);
    FUZZ_CHECK(g_str_has_suffix(out->str, "</svg>\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_memdup2(data, size ? size : 1);
    g_autoptr(kx_findings) findings = kx_findings_new();
    g_autoptr(kx_workflow) workflow = NULL;
    g_autoptr(GString) lines = g_string_new(NULL);
    kx_application_check(text, size, findings);
    FUZZ_CHECK(findings->all->len <= KX_FINDINGS_MAX);
    kx_findings_write(findings, "it", lines);
    guint ends = 0;
    for (const char *c = lines->str; (c = strchr(c, '\n')); c++)
        ends++;
    FUZZ_CHECK(ends == findings->all->len);
    if (kx_workflow_read(text, size, NULL, &workflow, NULL) == 0) draw(workflow);
    return 0;
}
