#include "rest/stream_file.h"

#include <string.h>

#define STEP_MIN ((size_t)4 * 1024)
#define STEP_MAX ((size_t)1024 * 1024)

struct file {
    struct kx_stream stream;
    struct kx_stream_file config;
};

void kx_file_window_clear(struct kx_file_window *window)
{
    if (window->bytes) g_byte_array_unref(window->bytes);
    *window = (struct kx_file_window){0};
}

/* One range, which lies in the file. */
static int fetch(const struct file *file, int64_t offset, char *to, size_t size,
                 const struct kx_call *call, struct kx_error *err)
{
    g_autoptr(kx_download) download = NULL;
    const struct kx_download_range range = {.path = file->config.path,
                                            .offset = offset,
                                            .length = (int64_t)size,
                                            .version = &file->config.version};
    int result = kx_download_open(file->config.client, &range, call, &download, err);
    size_t done = 0;
    while (result >= 0 && done < size) {
        g_autoptr(kx_block) block = NULL;
        result = kx_download_pull(download, MIN(size - done, KX_BLOCK_BYTES), call, &block, err);
        if (result <= 0) break;
        size_t here = MIN(block->length, size - done);
        memcpy(to + done, block->data, here);
        done += here;
    }
    return MIN(result, 0);
}

/* Does reading go on in what is here, or right behind it? */
static bool goes_on(const struct kx_file_window *window, const struct file *file, int64_t offset)
{
    return window->of == &file->stream && window->bytes && offset >= window->start &&
           offset <= window->start + (int64_t)window->bytes->len;
}

/* A window that is used becomes longer, as far as it may; then its first half goes. */
static int move_window(struct file *file, int64_t offset, size_t want, const struct kx_call *call,
                       struct kx_error *err)
{
    struct kx_file_window *window = file->config.window;
    bool more = goes_on(window, file, offset);
    if (!more) {
        kx_file_window_clear(window);
        *window = (struct kx_file_window){&file->stream, offset, g_byte_array_new()};
    }
    guint before = window->bytes->len;
    int64_t end = window->start + (int64_t)before;
    size_t size = MAX((size_t)(offset + (int64_t)want - end), more ? before : STEP_MIN);
    size = (size_t)MIN((int64_t)MIN(size, MAX(STEP_MAX, want)), file->config.length - end);
    g_byte_array_set_size(window->bytes, before + (guint)size);
    int result = fetch(file, end, (char *)window->bytes->data + before, size, call, err);
    if (result < 0) {
        g_byte_array_set_size(window->bytes, before);
        return result;
    }
    guint drop = (guint)MIN((int64_t)before / 2, offset - window->start);
    if (window->bytes->len > 2 * STEP_MAX && drop) {
        g_byte_array_remove_range(window->bytes, 0, drop);
        window->start += drop;
    }
    return 0;
}

static bool in_window(const struct file *file, int64_t offset, size_t size)
{
    const struct kx_file_window *window = file->config.window;
    return window->of == &file->stream && window->bytes && offset >= window->start &&
           offset + (int64_t)size <= window->start + (int64_t)window->bytes->len;
}

static int read_file(struct kx_stream *stream, int64_t offset, void *to, size_t want, size_t *got,
                     const struct kx_call *call, struct kx_error *err)
{
    struct file *file = (struct file *)stream;
    *got = 0;
    if (offset < 0 || offset >= file->config.length || !want) return 0;
    size_t size = (size_t)MIN((int64_t)want, file->config.length - offset);
    int result = 0;
    if (!in_window(file, offset, size) && size >= STEP_MAX)
        result = fetch(file, offset, to, size, call, err);
    else if (!in_window(file, offset, size))
        result = move_window(file, offset, size, call, err);
    if (result < 0) return result;
    const struct kx_file_window *window = file->config.window;
    if (in_window(file, offset, size))
        memcpy(to, window->bytes->data + (offset - window->start), size);
    *got = size;
    return 0;
}

static void free_file(struct kx_stream *stream)
{
    struct file *file = (struct file *)stream;
    if (file->config.window->of == stream) kx_file_window_clear(file->config.window);
    g_free((char *)(uintptr_t)file->config.path);
    g_free(file);
}

struct kx_stream *kx_stream_file(const struct kx_stream_file *config)
{
    struct file *file = g_new0(struct file, 1);
    file->stream = (struct kx_stream){.read = read_file, .free = free_file};
    file->config = *config;
    file->config.path = g_strdup(config->path);
    return &file->stream;
}
