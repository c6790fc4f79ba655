/* From the server's words to an errno, in one table.
 *
 * The exception's name decides, never the HTTP status: a NameNode answers 403 for any IOException
 * and HttpFS answers 500 for "denied" and "exists" (recorded). The status is used only when the
 * answer carries no exception. Threads: pure functions. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/** @exception with or without its package; @message as the server sent it (some IOExceptions are
 * told apart only by it).
 *  @return a positive errno; EIO for one that is not in the table. */
int kx_errno_from_exception(const char *exception, const char *message);

/** For an answer without a readable exception. @return a positive errno. */
int kx_errno_from_status(long status);

/** Is it the server's way to say "later" or "not I" (StandbyException, RetriableException, a 503
 * ...), so that nothing was done? A gateway's 502 and 504 are not: there nobody knows. */
bool kx_exception_is_transient(const char *exception, long status);

/** Did an OPEN fail for a reason that passes, so that another try or another DataNode may help?
 * Some seconds after a restart of the NameNode each DataNode answers its first OPEN with
 * EOFException, from a connection that is dead (measured, Hadoop 3.4.2); others say that they
 * cannot reach the NameNode or a block. An offset past the end (ERANGE) is none. */
bool kx_open_is_transient(const struct kx_error *err);

/** Has the NameNode not let an APPEND begin, for a reason that passes in seconds? The DataNodes
 * have not told it yet where the file's last block is: after a TRUNCATE inside of it, or when its
 * writer was killed. Nothing was done. A lease that somebody else has is none of these. */
bool kx_append_is_early(const struct kx_error *err);

/* What a 407 means, and a CONNECT that ends with one. */
#define KX_PROXY_LOGIN "the proxy wants a login, or another one (proxy= with USER:PASSWORD)"

/** Fill err from an answer that is not a success: RemoteException JSON (of a NameNode, a DataNode
 * with its stack trace, or HttpFS), an HTML page, or nothing. The message's first line is kept,
 * stack traces are dropped.
 *  @return -errno. */
int kx_error_from_answer(struct kx_error *err, long status, const char *body, size_t length);
