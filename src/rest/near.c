#include "rest/near.h"

#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

static enum kx_near of_v4(uint32_t address)
{
    uint32_t net = address >> 24;
    if (net == 127 || net == 0) return KX_NEAR_MACHINE;
    return address >> 16 == 0xa9fe ? KX_NEAR_WIRE : KX_NEAR_NOT;
}

static enum kx_near of_v6(const struct in6_addr *address)
{
    uint32_t last;
    if (IN6_IS_ADDR_LOOPBACK(address) || IN6_IS_ADDR_UNSPECIFIED(address)) return KX_NEAR_MACHINE;
    if (IN6_IS_ADDR_LINKLOCAL(address)) return KX_NEAR_WIRE;
    if (!IN6_IS_ADDR_V4MAPPED(address) && !IN6_IS_ADDR_V4COMPAT(address)) return KX_NEAR_NOT;
    memcpy(&last, address->s6_addr + 12, sizeof last);
    return of_v4(ntohl(last));
}

/* Names that every machine has of its own. */
static bool is_own_name(const char *name)
{
    static const char *const NAMES[] = {"localhost",  "localhost.localdomain", "localhost4",
                                        "localhost6", "ip6-localhost",         "ip6-loopback"};
    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++)
        if (g_ascii_strcasecmp(name, NAMES[i]) == 0) return true;
    const char *last = strrchr(name, '.');
    return last && g_ascii_strcasecmp(last, ".localhost") == 0; /* RFC 6761 */
}

enum kx_near kx_near_of(const char *host)
{
    struct in6_addr v6;
    struct in_addr v4;
    size_t length = strcspn(host, "%"); /* a zone */
    while (length > 0 && host[length - 1] == '.')
        length--;
    g_autofree char *bare = g_strndup(host, length);
    if (is_own_name(bare)) return KX_NEAR_MACHINE;
    if (inet_pton(AF_INET6, bare, &v6) == 1) return of_v6(&v6);
    return inet_aton(bare, &v4) ? of_v4(ntohl(v4.s_addr)) : KX_NEAR_NOT;
}
