/* How long the servers took to answer, by operation: as a table for a person, as histograms for
 * Prometheus. */
#include "base/histogram.h"
#include "fs/mount.h"
#include "fs/tree/cluster_private.h"

#define US_PER_S 1e6

static char *seconds(char text[static G_ASCII_DTOSTR_BUF_SIZE], double us)
{
    return g_ascii_formatd(text, G_ASCII_DTOSTR_BUF_SIZE, "%.10g", us / US_PER_S);
}

/* In milliseconds. */
static void add_quantile(const struct kx_histogram_view *view, unsigned percent, GString *out)
{
    int64_t us = kx_histogram_quantile_us(view, percent);
    if (us == INT64_MAX)
        g_string_append_printf(out, "\t>%" G_GINT64_FORMAT,
                               kx_histogram_bound_us(KX_HISTOGRAM_BUCKETS - 1) /
                                   G_TIME_SPAN_MILLISECOND);
    else
        g_string_append_printf(out, "\t%" G_GINT64_FORMAT, us / G_TIME_SPAN_MILLISECOND);
}

int kx_cluster_latency(const struct kx_tree_at *at, GString *out, struct kx_error *err)
{
    static const unsigned PERCENT[] = {50, 90, 99};
    (void)err;
    for (int i = 0; i < KX_OP_COUNT; i++) {
        struct kx_histogram_view view;
        kx_client_answers(at->mount->client, (enum kx_op)i, &view);
        if (!view.count) continue;
        g_string_append_printf(out, "%s\t%" G_GUINT64_FORMAT "\t%" G_GUINT64_FORMAT,
                               kx_op_info((enum kx_op)i)->name, view.count,
                               view.sum_us / view.count / G_TIME_SPAN_MILLISECOND);
        for (size_t p = 0; p < G_N_ELEMENTS(PERCENT); p++)
            add_quantile(&view, PERCENT[p], out);
        g_string_append_c(out, '\n');
    }
    return 0;
}

static void add_histogram(const char *op, const struct kx_histogram_view *view, GString *out)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    for (unsigned i = 0; i < KX_HISTOGRAM_BUCKETS; i++)
        g_string_append_printf(
            out, KX_LATENCY_METRIC "_bucket{op=\"%s\",le=\"%s\"} %" G_GUINT64_FORMAT "\n", op,
            seconds(text, (double)kx_histogram_bound_us(i)), view->upto[i]);
    g_string_append_printf(
        out, KX_LATENCY_METRIC "_bucket{op=\"%s\",le=\"+Inf\"} %" G_GUINT64_FORMAT "\n", op,
        view->count);
    g_string_append_printf(out, KX_LATENCY_METRIC "_sum{op=\"%s\"} %s\n", op,
                           seconds(text, (double)view->sum_us));
    g_string_append_printf(out, KX_LATENCY_METRIC "_count{op=\"%s\"} %" G_GUINT64_FORMAT "\n", op,
                           view->count);
}

void kx_cluster_latency_metrics(struct kx_client *client, GString *out)
{
    g_string_append(out, "# HELP " KX_LATENCY_METRIC
                         " time from a request to the head of its answer, by operation\n"
                         "# TYPE " KX_LATENCY_METRIC " histogram\n");
    for (int i = 0; i < KX_OP_COUNT; i++) {
        struct kx_histogram_view view;
        kx_client_answers(client, (enum kx_op)i, &view);
        if (view.count) add_histogram(kx_op_info((enum kx_op)i)->name, &view, out);
    }
}
