#include "count.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct kx_role_count *kx_count_role(struct kx_count *count, const char *role)
{
    for (int i = 0; i < KX_ROLES_MAX; i++) {
        struct kx_role_count *at = &count->roles[i];
        if (!at->role[0]) snprintf(at->role, sizeof(at->role), "%s", role);
        if (strcmp(at->role, role) == 0) return at;
    }
    abort(); /* there are not so many */
}

static void add(struct kx_count *count, const char *role, const char *op)
{
    for (int i = 0; i < KX_OPS_MAX; i++) {
        struct kx_op_count *at = &count->ops[i];
        if (!at->role[0]) {
            snprintf(at->role, sizeof(at->role), "%s", role);
            snprintf(at->op, sizeof(at->op), "%s", op);
        }
        if (strcmp(at->role, role) == 0 && strcmp(at->op, op) == 0) {
            at->requests++;
            return;
        }
    }
}

/* The value of op= in the first line, in capitals; "NONE" without one. */
static void op_of(const char *head, char op[static KX_NAME_MAX])
{
    snprintf(op, KX_NAME_MAX, "NONE");
    const size_t line = strcspn(head, "\r\n");
    for (const char *at = strpbrk(head, "?&"); at && at < head + line; at = strpbrk(at + 1, "?&")) {
        if (strncasecmp(at + 1, "op=", 3) != 0) continue;
        size_t length = 0;
        for (at += 4; isalnum((unsigned char)*at) || *at == '_'; at++)
            if (length + 1 < KX_NAME_MAX) op[length++] = (char)toupper((unsigned char)*at);
        op[length] = '\0';
        return;
    }
}

static const char *header(const char *head, const char *name)
{
    for (const char *at = strchr(head, '\n'); at; at = strchr(at + 1, '\n'))
        if (strncasecmp(at + 1, name, strlen(name)) == 0) return at + 1 + strlen(name);
    return NULL;
}

static void finish(struct kx_count *count, struct kx_heads *heads, const char *role)
{
    char op[KX_NAME_MAX];
    heads->head[heads->length] = '\0';
    op_of(heads->head, op);
    add(count, role, op);
    const char *length = header(heads->head, "Content-Length:");
    heads->body = length ? strtoull(length, NULL, 10) : 0;
    heads->opaque = header(heads->head, "Transfer-Encoding:") != NULL;
    heads->length = 0;
}

void kx_count_requests(struct kx_count *count, struct kx_heads *heads, const char *role,
                       const char *bytes, size_t length)
{
    while (length && !heads->opaque) {
        if (heads->body) {
            const size_t skipped = heads->body < length ? (size_t)heads->body : length;
            heads->body -= skipped;
            bytes += skipped;
            length -= skipped;
            continue;
        }
        heads->head[heads->length++] = *bytes++;
        length--;
        if (heads->length >= 4 && memcmp(heads->head + heads->length - 4, "\r\n\r\n", 4) == 0)
            finish(count, heads, role);
        if (heads->length + 1 == KX_HEAD_MAX) heads->opaque = true;
    }
}

void kx_count_print(const struct kx_count *count, FILE *out)
{
    for (int i = 0; i < KX_OPS_MAX && count->ops[i].role[0]; i++)
        fprintf(out, "requests %s %s %" PRIu64 "\n", count->ops[i].role, count->ops[i].op,
                count->ops[i].requests);
    for (int i = 0; i < KX_ROLES_MAX && count->roles[i].role[0]; i++) {
        const struct kx_role_count *at = &count->roles[i];
        fprintf(out, "connections %s %" PRIu64 "\nup %s %" PRIu64 "\ndown %s %" PRIu64 "\n",
                at->role, at->connections, at->role, at->up, at->role, at->down);
    }
    fputs(".\n", out);
    fflush(out);
}
