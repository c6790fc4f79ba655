/* What passed: requests by the server's role and by operation, bytes and connections by role.

   Requests are found in what clients send: heads, one behind the other. Behind a request whose
   body's end cannot be seen cheaply (a chunked one) nothing more of that connection is counted:
   DataNodes close theirs then anyway. One thread. */
#ifndef KX_LINK_COUNT_H
#define KX_LINK_COUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define KX_HEAD_MAX  16384
#define KX_OPS_MAX   128
#define KX_NAME_MAX  32
#define KX_ROLES_MAX 8

struct kx_op_count {
    char role[KX_NAME_MAX], op[KX_NAME_MAX];
    uint64_t requests;
};

struct kx_role_count {
    char role[KX_NAME_MAX];
    uint64_t connections, up, down; /* bytes */
};

struct kx_count {
    struct kx_op_count ops[KX_OPS_MAX];
    struct kx_role_count roles[KX_ROLES_MAX];
};

/* Where one connection's requests are. All zero at its beginning. */
struct kx_heads {
    char head[KX_HEAD_MAX]; /* one that has begun */
    size_t length;
    uint64_t body; /* bytes that are left of the last one's body */
    bool opaque;   /* not looked at any more */
};

void kx_count_requests(struct kx_count *count, struct kx_heads *heads, const char *role,
                       const char *bytes, size_t length);
struct kx_role_count *kx_count_role(struct kx_count *count, const char *role);
/* Lines "requests ROLE OP N", "connections ROLE N", "up ROLE N", "down ROLE N", and one with a dot.
 */
void kx_count_print(const struct kx_count *count, FILE *out);

#endif
