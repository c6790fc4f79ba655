#include "rest/auth_session.h"

#include <stdbool.h>
#include <string.h>

#include "base/secret.h"

#define OWN "hadoop.auth="

/* May it stand in a line of text, and in a file's? */
static bool is_printable(const char *text)
{
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f) return false;
    return true;
}

/* @value of "hadoop.auth": changed. */
static void read_own(struct kx_session *session, char *value)
{
    g_clear_pointer(&session->user, g_free);
    session->ends_ms = 0;
    g_strdelimit(value, "\"", '&');
    for (char *at = value, *field; (field = strsep(&at, "&"));) {
        if (g_str_has_prefix(field, "u=") && field[2] && g_utf8_validate(field + 2, -1, NULL)) {
            g_free(session->user);
            session->user = g_strdup(field + 2);
        }
        if (g_str_has_prefix(field, "e="))
            session->ends_ms = MAX(g_ascii_strtoll(field + 2, NULL, 10), 0);
    }
}

static void wipe(char *text)
{
    kx_wipe(text, strlen(text));
    g_free(text);
}

/* @cookie "name=value". */
static void add(struct kx_session *session, const char *cookie)
{
    if (!session->cookies) session->cookies = g_string_sized_new(KX_SESSION_BYTES_MAX);
    GString *all = session->cookies; /* never moved: no copy stays behind */
    if (all->len + strlen("; ") + strlen(cookie) >= KX_SESSION_BYTES_MAX) return;
    if (all->len) g_string_append(all, "; ");
    g_string_append(all, cookie);
    if (!g_str_has_prefix(cookie, OWN)) return;
    char *value = g_strdup(cookie + strlen(OWN));
    size_t length = strlen(value);
    read_own(session, value);
    kx_wipe(value, length);
    g_free(value);
}

void kx_session_take(struct kx_session *session, const char *line)
{
    char *cookie = g_strndup(line, strcspn(line, ";"));
    const char *equals = strchr(cookie, '=');
    bool some = equals && equals != cookie && equals[1] && strcmp(equals, "=\"\"") != 0;
    if (some && is_printable(cookie)) add(session, cookie);
    wipe(cookie);
}

void kx_session_clear(struct kx_session *session)
{
    if (session->cookies) {
        kx_wipe(session->cookies->str, session->cookies->len);
        g_string_free(session->cookies, TRUE);
    }
    g_free(session->user);
    *session = (struct kx_session){0};
}
