#include "rest/silence.h"

void kx_silence_init(struct kx_silence *silence)
{
    *silence = (struct kx_silence){0};
    g_mutex_init(&silence->mutex);
}

void kx_silence_clear(struct kx_silence *silence)
{
    g_mutex_clear(&silence->mutex);
}

void kx_silence_answered(struct kx_silence *silence, int64_t now_ms)
{
    g_mutex_lock(&silence->mutex);
    silence->answered_ms = now_ms;
    g_mutex_unlock(&silence->mutex);
}

void kx_silence_failed(struct kx_silence *silence, int64_t asked_ms, int64_t now_ms, int code)
{
    g_mutex_lock(&silence->mutex);
    silence->code = code;
    silence->asked_ms = asked_ms;
    silence->failed_ms = now_ms;
    g_mutex_unlock(&silence->mutex);
}

int kx_silence_lasts(struct kx_silence *silence, int64_t now_ms)
{
    g_mutex_lock(&silence->mutex);
    bool lasts = silence->failed_ms && now_ms - silence->failed_ms < KX_SILENCE_MS &&
                 silence->answered_ms < silence->asked_ms;
    int code = silence->code;
    g_mutex_unlock(&silence->mutex);
    return lasts ? code : 0;
}
