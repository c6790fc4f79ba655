#include <string.h>

#include "base/log.h"

/* What stands in front of a secret, and the characters that end it. "_=" counts only at the
 * beginning of a word, the others anywhere: access_token=, X-Token=. */
static const struct {
    const char *marker;
    const char *until;
} SECRETS[] = {
    {"delegation=", "& \t\r\n\""}, {"token=", "& \t\r\n\""},   {"_=", "& \t\r\n\""},
    {"password=", "& \t\r\n\""},   {"Authorization:", "\r\n"}, {"Cookie:", "\r\n"},
    {"Set-Cookie:", "\r\n"},
};

static gboolean word_begins(const char *text, const char *at)
{
    return at == text || !(g_ascii_isalnum(at[-1]) || at[-1] == '_');
}

/* How many bytes of a marker and its secret begin at `at`; the marker's own length in *keep. 0:
 * none. */
static size_t secret_at(const char *text, const char *at, size_t *keep)
{
    for (size_t i = 0; i < G_N_ELEMENTS(SECRETS); i++) {
        size_t n = strlen(SECRETS[i].marker);
        if (g_ascii_strncasecmp(at, SECRETS[i].marker, n) != 0) continue;
        if (*at == '_' && !word_begins(text, at)) continue;
        *keep = n;
        return n + strcspn(at + n, SECRETS[i].until);
    }
    return 0;
}

/* "://user:password@host": the length of the userinfo behind "://", 0 when there is none. */
static size_t userinfo_at(const char *at)
{
    if (strncmp(at, "://", 3) != 0) return 0;
    size_t authority = strcspn(at + 3, "/?# \t\r\n\"");
    const char *end = at + 3 + authority;
    while (end > at + 3 && *end != '@')
        end--;
    return *end == '@' ? (size_t)(end - at - 3) : 0;
}

char *kx_redact(const char *text)
{
    GString *out = g_string_sized_new(strlen(text));
    for (const char *at = text; *at;) {
        size_t keep = 0, all = secret_at(text, at, &keep), user = userinfo_at(at);
        if (user) keep = 3, all = 3 + user;
        if (!all) {
            g_string_append_c(out, *at++);
            continue;
        }
        g_string_append_len(out, at, (gssize)keep);
        if (all > keep) g_string_append(out, "***");
        at += all;
    }
    return g_string_free(out, FALSE);
}
