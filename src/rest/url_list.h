/* Lists of servers, as people and Hadoop's configuration write them. Only url_endpoint.c uses it.
 * Threads: pure functions. */
#pragma once
#include "rest/url.h"

/** "http://a:1,b:2/p" = "http://a:1/p", "http://b:2/p"; "http://a,http://b/p" likewise: who has no
 * path gets the last one's. A comma behind the host is one of the path.  @return owned, at least
 * one. */
char **kx_url_list(const char *text);
