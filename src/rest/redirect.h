/* The only judge of a Location: whether a redirect may be followed, and to which URL exactly.
 * Threads: pure functions. */
#pragma once
#include "base/error.h"
#include "rest/url.h"

/** @address where `from` was found, as an IP address; NULL: not known, or a proxy's.
 *  @location the header's value as the server sent it (hostile).  @path the HDFS path that was
 * asked for (decoded).
 *  @out owned: the URL to ask. The server's own path is replaced by ours, encoded by us: a NameNode
 * composes decomposed Unicode in its Location, and the file would be another one (measured). The
 * part before "/webhdfs/v1" and the query stay the server's.
 * The host is replaced where the endpoint's datanode_map says so, but not the endpoint's own. One
 * that means another machine to each who uses it (near.h) is followed where the map has made it, or
 * where `from` is such a place itself.
 *  @return 0; -EPROTO with the reason: no Location, not absolute, another scheme than http(s),
 * https -> http, userinfo or a fragment in it, control characters, longer than 16 KiB, no
 * "/webhdfs/v1" in its path, from far away to loopback or link-local. */
int kx_redirect_judge(const struct kx_endpoint *from, const char *address, const char *location,
                      const char *path, char **out, struct kx_error *err);

/** May a server on the host `from`, found at @address (as above), send us to @host?
 *  @return 0; -EPROTO: only it knows which machine that is, with the words that @advice begins. */
int kx_redirect_host_check(const char *from, const char *address, const char *host,
                           const char *advice, struct kx_error *err);

/** What to say where a DataNode is @host, for -o datanode_map: "127.0.0.1=127.0.0.1".
 *  @return owned. */
char *kx_redirect_map_same(const char *host);

/** Is this a map for kx_endpoint.datanode_map: "FROM=TO", several with ';' between; FROM is HOST,
 * HOST:PORT or "*", TO is HOST or HOST:PORT (an IPv6 address in brackets)?
 *  @return 0; -EINVAL with the entry that is none. */
int kx_redirect_map_check(const char *map, struct kx_error *err);
