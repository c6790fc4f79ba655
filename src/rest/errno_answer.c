/* The reason out of the body of an answer that is not a success. */
#include <errno.h>
#include <string.h>

#include "rest/errno_map.h"
#include "rest/json.h"

#define MESSAGE_MAX ((size_t)1024) /* bytes that are kept of a message */
#define PAGE_MAX    ((size_t)4096) /* bytes of a page that are looked at */
/* Knox 2.0.0's words, behind the names of whatever Java classes handed them on (recorded). No class
 * of its server's: what became of the request nobody knows. */
#define GATEWAY_FAILED "Service connectivity error"

/* The first line, as valid UTF-8, without what is around it.  @return owned; NULL: nothing. */
static char *first_line(const char *text, size_t length)
{
    size_t line = 0;
    length = MIN(length, MESSAGE_MAX);
    while (line < length && text[line] && text[line] != '\n' && text[line] != '\r')
        line++;
    g_autofree char *valid = g_utf8_make_valid(text, (gssize)line);
    g_strstrip(valid);
    return *valid ? g_steal_pointer(&valid) : NULL;
}

/* Replace the entities that servers write in a title. */
static char *unescape(const char *text)
{
    static const char *const ENTITIES[][2] = {
        {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}};
    GString *plain = g_string_new(text);
    for (size_t i = 0; i < G_N_ELEMENTS(ENTITIES); i++)
        g_string_replace(plain, ENTITIES[i][0], ENTITIES[i][1], 0);
    return g_string_free(plain, FALSE);
}

/* The title of a page, or the first line of a text.  @return owned; NULL: it says nothing. */
static char *page_words(const char *body, size_t length)
{
    g_autofree char *page = g_strndup(body, MIN(length, PAGE_MAX));
    g_strchug(page);
    if (*page != '<') return first_line(page, strlen(page));
    const char *title = strcasestr(page, "<title>");
    if (!title) return NULL;
    title += strlen("<title>");
    const char *end = strchr(title, '<');
    g_autofree char *line = first_line(title, end ? (size_t)(end - title) : strlen(title));
    return line ? unescape(line) : NULL;
}

static bool is_name_byte(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '.' || c == '$';
}

/* "Error 500 java.io.EOFException: Premature EOF": the Java class in a title.  @return owned; NULL:
 * there is none. */
static char *class_in_words(const char *words)
{
    for (const char *at = words; *at;) {
        size_t length = 0;
        while (is_name_byte(at[length]))
            length++;
        g_autofree char *word = g_strndup(at, length);
        if (strchr(word, '.') &&
            (g_str_has_suffix(word, "Exception") || g_str_has_suffix(word, "Error")))
            return g_steal_pointer(&word);
        at += length ? length : 1;
    }
    return NULL;
}

static char *simple_name(const char *class)
{
    const char *dot = strrchr(class, '.'), *dollar = strrchr(class, '$');
    return g_strdup(dollar && dollar > dot ? dollar + 1 : dot ? dot + 1 : class);
}

/* "Failed to APPEND_FILE /f for ME on HERE because this file lease is currently owned by HOLDER on
 * THERE": who it is, and what can be done.  @words owned, consumed.  @return owned; may be NULL. */
static char *lease_words(char *words)
{
    static const char OWNED[] = "this file lease is currently owned by ";
    g_autofree char *given = words;
    const char *holder = given ? strstr(given, OWNED) : NULL;
    if (!holder) return g_steal_pointer(&given);
    return g_strdup_printf(
        "another client has it open for writing: %s. It can be changed when that "
        "has closed it; if it never will: hdfs debug recoverLease -path FILE",
        holder + strlen(OWNED));
}

int kx_error_from_answer(struct kx_error *err, long status, const char *body, size_t length)
{
    __attribute__((cleanup(kx_remote_exception_clear))) struct kx_remote_exception remote = {0};
    g_autofree char *words = NULL, *class = NULL;
    if (kx_json_read_exception(body, length, &remote)) {
        class = g_steal_pointer(&remote.exception);
        if (remote.message) words = first_line(remote.message, strlen(remote.message));
    } else if (length > 0) {
        words = page_words(body, length);
        if (words && strstr(words, GATEWAY_FAILED)) {
            g_free(words);
            words = g_strdup(
                "the gateway cannot reach its server, or waits in vain (" GATEWAY_FAILED ")");
        } else if (words) {
            class = class_in_words(words);
        }
    }
    int code = class ? kx_errno_from_exception(class, words) : kx_errno_from_status(status);
    words = lease_words(g_steal_pointer(&words));
    if (status == 407) {
        g_free(words);
        words = g_strdup(KX_PROXY_LOGIN);
    }
    int rc = words ? kx_error_set(err, code, "%s", words)
                   : kx_error_set(err, code, "the server answered %ld without a reason", status);
    if (err) err->http_status = status;
    if (err && class) err->exception = simple_name(class);
    return rc;
}
