#include "rest/jmx.h"

#include <errno.h>

#include "rest/kept.h"

#define ONE ((size_t)256 * 1024)

static const char KEY[] = "jmx";
static const char QUERY[] = "&qry=Hadoop:service%3DNameNode,name%3DFSNamesystem*";

struct kx_jmx {
    struct kx_service *service;
    struct kx_kept *kept;
    bool gateway;
};

struct kx_jmx *kx_jmx_new(struct kx_client *client)
{
    const struct kx_endpoint *home = kx_client_endpoint(client);
    struct kx_jmx *jmx = g_new0(struct kx_jmx, 1);
    jmx->gateway = *home->gateway != '\0';
    g_autofree char *base = g_strconcat(home->origin, jmx->gateway ? home->gateway : "",
                                        jmx->gateway ? "/hdfs" : "", NULL);
    const struct kx_service_config config = {.name = "HDFS", .base = base, .client = client};
    jmx->service = kx_service_new(&config);
    jmx->kept = kx_kept_new(kx_client_clock(client), 1, ONE);
    return jmx;
}

void kx_jmx_free(struct kx_jmx *jmx)
{
    if (!jmx) return;
    kx_service_free(jmx->service);
    kx_kept_free(jmx->kept);
    g_free(jmx);
}

static int not_shown(const struct kx_jmx *jmx, struct kx_error *err)
{
    kx_error_clear(err);
    return kx_error_set(err, ENODATA,
                        jmx->gateway ? "the gateway does not show this: its topology needs Knox's "
                                       "service HDFSUI, version 2.7.0"
                                     : "this server does not tell: only a NameNode does, at /jmx");
}

static int ask_now(struct kx_jmx *jmx, const struct kx_call *call, struct kx_answer **out,
                   struct kx_error *err)
{
    KX_ERROR_AUTO(own);
    struct kx_error *to = err ? err : &own;
    g_autoptr(kx_answer) answer = NULL;
    int result = kx_service_get(jmx->service, "/jmx", QUERY, call, &answer, to);
    if (result < 0 && (to->http_status == 404 || to->http_status == 403 ||
                       (jmx->gateway && to->http_status == 500 && !to->exception)))
        return not_shown(jmx, to);
    if (result < 0) return result;
    if (!kx_item_count(kx_item_at(kx_answer_root(answer), "beans"))) return not_shown(jmx, to);
    kx_kept_add(jmx->kept, KEY, answer, 1, KX_JMX_FRESH_MS);
    *out = g_steal_pointer(&answer);
    return 0;
}

int kx_jmx_get(struct kx_jmx *jmx, const struct kx_call *call, struct kx_answer **out,
               struct kx_error *err)
{
    *out = kx_kept_enter(jmx->kept, KEY, call ? call->cancel : NULL);
    if (*out) return 0;
    int result = ask_now(jmx, call, out, err);
    kx_kept_leave(jmx->kept, KEY);
    return result;
}

char *kx_jmx_member(const struct kx_answer *answer, const char *name)
{
    const struct kx_item *beans = kx_item_at(kx_answer_root(answer), "beans");
    char *text = NULL;
    for (size_t i = 0; i < kx_item_count(beans) && !text; i++)
        text = kx_item_text(kx_item_element(beans, i), name);
    return text;
}
