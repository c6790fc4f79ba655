/* The graph of a workflow as a picture: in layers from the start down, each node as low as its
 * longest way from there. */
#include <string.h>

#include "oozie/workflow_private.h"

/* All in pixels. */
#define LETTER    8 /* of the font, at the most of usual ones */
#define BOX_MIN   60
#define BOX_HIGH  36
#define BOX_INNER 24 /* beside a name */
#define GAP       28 /* between boxes */
#define STEP_DOWN 84 /* from layer to layer */
#define MARGIN    20
#define CORNER    6
#define BEND      30 /* of a way, below its beginning and above its end */

struct box {
    int x, y, width; /* of the left upper corner */
};

struct drawing {
    const struct kx_workflow *workflow;
    const struct kx_progress *progress;
    struct box *boxes; /* one a node */
    int width, height;
    GString *out;
};

static int width_of(const struct kx_step *step)
{
    size_t letters =
        MAX((size_t)g_utf8_strlen(kx_graph_name(step), -1), strlen(kx_graph_type(step)));
    return MAX(BOX_MIN, (int)MIN(letters, 200) * LETTER + BOX_INNER);
}

/* The nodes of one layer, beside each other.  @return how wide they are. */
static int place_layer(struct drawing *d, const int *layers, int layer, int y)
{
    int x = 0;
    for (guint i = 0; i < d->workflow->steps->len; i++) {
        if (layers[i] != layer) continue;
        const struct kx_step *step = kx_workflow_step(d->workflow, (int)i);
        d->boxes[i] = (struct box){.x = x, .y = y, .width = width_of(step)};
        x += d->boxes[i].width + GAP;
    }
    return MAX(0, x - GAP);
}

static void shift_layer(struct drawing *d, const int *layers, int layer, int by)
{
    for (guint i = 0; i < d->workflow->steps->len; i++)
        if (layers[i] == layer) d->boxes[i].x += by;
}

static void place_all(struct drawing *d)
{
    g_autofree int *layers = kx_workflow_layers(d->workflow);
    guint count = d->workflow->steps->len;
    int last = -1;
    for (guint i = 0; i < count; i++)
        last = MAX(last, layers[i]);
    bool apart = false; /* below all: what is never come to */
    for (guint i = 0; i < count; i++)
        if (layers[i] < 0) layers[i] = last + 1, apart = true;
    last += apart;
    g_autofree int *widths = g_new0(int, (gsize)last + 2);
    for (int layer = 0; layer <= last; layer++) {
        widths[layer] = place_layer(d, layers, layer, MARGIN + layer * STEP_DOWN);
        d->width = MAX(d->width, widths[layer]);
    }
    for (int layer = 0; layer <= last; layer++)
        shift_layer(d, layers, layer, MARGIN + (d->width - widths[layer]) / 2);
    d->width += 2 * MARGIN;
    d->height = 2 * MARGIN + MAX(0, last) * STEP_DOWN + BOX_HIGH;
}

static void add_title(GString *out, const char *one, const char *two)
{
    g_autofree char *text = g_strconcat(one, two && *two ? ": " : "", two, NULL);
    g_autofree char *safe = g_markup_escape_text(text, -1);
    g_string_append_printf(out, "<title>%s</title>", safe);
}

static void draw_way(struct drawing *d, const struct kx_step *step, int place,
                     const struct kx_way *way)
{
    const struct box *from = &d->boxes[place], *to = &d->boxes[way->target];
    bool taken = kx_graph_taken(d->progress, d->workflow, step, way);
    bool error = strcmp(way->label, "error") == 0;
    int x1 = from->x + from->width / 2, y1 = from->y + BOX_HIGH;
    int x2 = to->x + to->width / 2, y2 = to->y;
    g_string_append_printf(
        d->out,
        "<path d=\"M%d,%d C%d,%d %d,%d %d,%d\" fill=\"none\" stroke=\"%s\" stroke-width=\"%d\"%s "
        "marker-end=\"url(#tip)\">",
        x1, y1, x1, y1 + BEND, x2, y2 - BEND, x2, y2 - 2,
        kx_graph_paint(!taken  ? NULL
                       : error ? "ERROR"
                               : "OK")
            .line,
        taken ? 2 : 1, error ? " stroke-dasharray=\"5,4\"" : "");
    add_title(d->out, way->label, way->when);
    g_string_append(d->out, "</path>\n");
}

/* A box; of a decision with corners to its sides, of what begins or ends a job round. */
static void draw_outline(struct drawing *d, const struct kx_step *step, const struct box *box,
                         const struct kx_paint *paint)
{
    int middle = box->y + BOX_HIGH / 2, right = box->x + box->width;
    bool ends = step->kind == KX_STEP_START || step->kind == KX_STEP_END;
    if (step->kind == KX_STEP_DECISION) {
        g_string_append_printf(d->out, "<polygon points=\"%d,%d %d,%d %d,%d %d,%d %d,%d %d,%d\"",
                               box->x, middle, box->x + BOX_INNER / 2, box->y,
                               right - BOX_INNER / 2, box->y, right, middle, right - BOX_INNER / 2,
                               box->y + BOX_HIGH, box->x + BOX_INNER / 2, box->y + BOX_HIGH);
    } else {
        g_string_append_printf(d->out,
                               "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\"",
                               box->x, box->y, box->width, BOX_HIGH, ends ? BOX_HIGH / 2 : CORNER);
    }
    g_string_append_printf(d->out, " fill=\"%s\" stroke=\"%s\" stroke-width=\"%d\"/>", paint->fill,
                           paint->line, step->kind == KX_STEP_KILL ? 3 : 2);
}

static void draw_node(struct drawing *d, int place)
{
    const struct kx_step *step = kx_workflow_step(d->workflow, place);
    const struct box *box = &d->boxes[place];
    const char *state = kx_graph_state(d->progress, step);
    const struct kx_paint paint = kx_graph_paint(state);
    g_autofree char *name = g_markup_escape_text(kx_graph_name(step), -1);
    g_autofree char *type = g_markup_escape_text(kx_graph_type(step), -1);
    int x = box->x + box->width / 2;
    g_string_append(d->out, "<g>");
    add_title(d->out, kx_graph_type(step), state);
    draw_outline(d, step, box, &paint);
    if (step->kind == KX_STEP_START) {
        g_string_append_printf(d->out, "<text x=\"%d\" y=\"%d\">%s</text></g>\n", x, box->y + 22,
                               name);
        return;
    }
    g_string_append_printf(d->out,
                           "<text x=\"%d\" y=\"%d\">%s</text><text x=\"%d\" y=\"%d\" class=\"t\">"
                           "%s</text></g>\n",
                           x, box->y + 16, name, x, box->y + 30, type);
}

void kx_graph_svg(const struct kx_workflow *workflow, const struct kx_progress *progress,
                  GString *out)
{
    struct drawing d = {.workflow = workflow,
                        .progress = progress,
                        .boxes = g_new0(struct box, workflow->steps->len + 1),
                        .out = out};
    place_all(&d);
    g_string_append_printf(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
        "width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n<style>text{font:13px sans-serif;"
        "text-anchor:middle;fill:#1f2328}.t{font-size:10px;fill:#57606a}</style>\n"
        "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" "
        "markerHeight=\"7\" orient=\"auto\"><path d=\"M0,0 L8,4 L0,8 z\" fill=\"#57606a\"/>"
        "</marker></defs>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
        d.width, d.height, d.width, d.height);
    for (guint i = 0; i < workflow->steps->len; i++) {
        const struct kx_step *step = kx_workflow_step(workflow, (int)i);
        for (guint k = 0; k < step->ways->len; k++) {
            const struct kx_way *way = &g_array_index(step->ways, struct kx_way, k);
            if (way->target >= 0) draw_way(&d, step, (int)i, way);
        }
    }
    for (guint i = 0; i < workflow->steps->len; i++)
        draw_node(&d, (int)i);
    g_string_append(out, "</svg>\n");
    g_free(d.boxes);
}
