#include "fs/exchanges.h"

#include "fs/appender.h"
#include "rest/http.h"

struct kx_exchanges {
    struct kx_log *log;
    GMutex mutex; /* guards the next two; the sink runs without it */
    struct kx_http *http;
    struct kx_appender
        *file; /* NULL: nothing is recorded. Constant while the engine has the sink */
};

struct kx_exchanges *kx_exchanges_new(struct kx_log *log)
{
    struct kx_exchanges *exchanges = g_new0(struct kx_exchanges, 1);
    exchanges->log = log;
    g_mutex_init(&exchanges->mutex);
    return exchanges;
}

void kx_exchanges_free(struct kx_exchanges *exchanges)
{
    if (!exchanges) return;
    kx_appender_free(exchanges->file);
    g_mutex_clear(&exchanges->mutex);
    g_free(exchanges);
}

static void write_down(void *context, const char *text, size_t length)
{
    struct kx_exchanges *exchanges = context;
    kx_appender_note(exchanges->file, exchanges->log, "the recording", text, length);
}

/* Mutex held. */
static void connect_sink(struct kx_exchanges *exchanges)
{
    if (exchanges->http && exchanges->file) kx_http_record(exchanges->http, write_down, exchanges);
}

int kx_exchanges_to(struct kx_exchanges *exchanges, const char *path, dev_t elsewhere,
                    struct kx_error *err)
{
    struct kx_appender *file = NULL;
    int result = path ? kx_appender_open(path, elsewhere, &file, err) : 0;
    if (result < 0) return result;
    g_mutex_lock(&exchanges->mutex);
    if (exchanges->http) kx_http_record(exchanges->http, NULL, NULL);
    kx_appender_free(exchanges->file);
    exchanges->file = file;
    connect_sink(exchanges);
    g_mutex_unlock(&exchanges->mutex);
    return 0;
}

void kx_exchanges_attach(struct kx_exchanges *exchanges, struct kx_http *http)
{
    g_mutex_lock(&exchanges->mutex);
    exchanges->http = http;
    connect_sink(exchanges);
    g_mutex_unlock(&exchanges->mutex);
}
