#include "rest/errno_map.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

/* FSDirAppendOp (Hadoop 3.4.2) of a last block of which no replica is known: an IOException. */
#define NOT_REPLICATED "is not sufficiently replicated yet"

/* The first row that fits decides: the exception's own name (NULL: any) and, where one exception
 * means several things, a part of its message. Recorded from Hadoop 3.4.2 or read in its source. */
static const struct rule {
    const char *exception, *message;
    int code;
} RULES[] = {
    /* names */
    {"FileNotFoundException", "Path is not a file", EISDIR},
    {"FileNotFoundException", NULL, ENOENT},
    {"PathNotFoundException", NULL, ENOENT},
    {"NoSuchFileException", NULL, ENOENT},
    {"NotFoundException", NULL, ENOENT}, /* YARN's and job history's */
    {"FileAlreadyExistsException", "as a directory", EISDIR},
    {"FileAlreadyExistsException", NULL, EEXIST},
    {"AlreadyExistsException", NULL, EEXIST},
    {"PathExistsException", NULL, EEXIST},
    {"ParentNotDirectoryException", NULL, ENOTDIR},
    {"PathIsNotDirectoryException", NULL, ENOTDIR},
    {"NotDirectoryException", NULL, ENOTDIR},
    {"PathIsDirectoryException", NULL, EISDIR},
    {"PathIsNotEmptyDirectoryException", NULL, ENOTEMPTY},
    {"PathComponentTooLongException", NULL, ENAMETOOLONG},
    {"MaxDirectoryItemsExceededException", NULL, ENOSPC},
    {"IllegalNameException", NULL, EINVAL},
    {"InvalidPathException", NULL, EINVAL},
    {"UnresolvedLinkException", NULL, EOPNOTSUPP},
    {"UnresolvedPathException", NULL, EOPNOTSUPP},

    /* rights: what chmod(2), chown(2) and unlink(2) call EPERM is not EACCES */
    {"AccessControlException", "(is not a directory)", ENOTDIR},
    {"AccessControlException", "is not the owner", EPERM},
    {"AccessControlException", "sticky bit", EPERM},
    {"AccessControlException", "super user", EPERM},
    {"AccessControlException", "Superuser", EPERM},
    {"AccessControlException", NULL, EACCES},
    {"PathAccessDeniedException", NULL, EACCES},
    {"PathPermissionException", NULL, EACCES},
    {"AuthorizationException", NULL, EACCES},
    {"AuthenticationException", NULL, EACCES},
    {"SecurityException", NULL, EACCES},
    {"ForbiddenException", NULL, EACCES},
    {"InvalidToken", NULL, EACCES},
    {"GSSException", NULL, EACCES},

    /* room */
    {"NSQuotaExceededException", NULL, EDQUOT},
    {"DSQuotaExceededException", NULL, EDQUOT},
    {"QuotaByStorageTypeExceededException", NULL, EDQUOT},
    {"QuotaExceededException", NULL, EDQUOT},
    {"ClusterStorageCapacityExceededException", NULL, ENOSPC},
    {"DiskOutOfSpaceException", NULL, ENOSPC},

    /* files in use, servers that do not serve now */
    {"AlreadyBeingCreatedException", NULL, EBUSY},
    {"RecoveryInProgressException", NULL, EBUSY},
    {"NotReplicatedYetException", NULL, EBUSY},
    {"LeaseExpiredException", "does not exist", ENOENT},
    {"LeaseExpiredException", NULL, EBUSY},
    {"SafeModeException", NULL, EROFS},
    {"RetriableException", "safe mode", EROFS},
    {"RetriableException", NULL, EHOSTDOWN},
    {"StandbyException", NULL, EHOSTDOWN},
    {"ObserverRetryOnActiveException", NULL, EHOSTDOWN},
    {"ServerTooBusyException", NULL, EHOSTDOWN},
    {"ConnectException", NULL, EHOSTDOWN},
    {"NoRouteToHostException", NULL, EHOSTUNREACH},
    {"UnknownHostException", NULL, EHOSTUNREACH},
    {"SocketTimeoutException", NULL, ETIMEDOUT},
    {"ConnectTimeoutException", NULL, ETIMEDOUT},

    /* snapshots, attributes, ACLs, policies */
    {"SnapshotAccessControlException", NULL, EROFS},
    {"SnapshotException", "already a snapshot with the same name", EEXIST},
    {"SnapshotException", "already exists for directory", EEXIST},
    {"SnapshotException", "not a snapshottable directory", EOPNOTSUPP},
    {"SnapshotException", "already has snapshots", EBUSY},
    {"SnapshotException", "has snapshot(s)", EBUSY},
    {"SnapshotException", "snapshot limit", EDQUOT},
    {"SnapshotException", "does not exist", ENOENT},
    {"SnapshotException", "Cannot find", ENOENT},
    {"SnapshotException", NULL, EINVAL},
    {"NestedException", NULL, EINVAL},
    {"XAttrNotFoundException", NULL, ENODATA},
    {"AclException", "has been disabled", EOPNOTSUPP},
    {"AclException", NULL, EINVAL},
    {"NoECPolicySetException", NULL, ENODATA},

    /* requests that this server does not know, or that make no sense */
    {"UnsupportedOperationException", NULL, EOPNOTSUPP},
    {"UnsupportedActionException", NULL, EOPNOTSUPP},
    {"IllegalArgumentException", "webhdfs parameter \"op\"", EOPNOTSUPP},
    {"IllegalArgumentException", "Invalid operation", EOPNOTSUPP},
    {"IllegalArgumentException", "No enum constant", EOPNOTSUPP},
    {"QueryParamException", "Operation.", EOPNOTSUPP},
    {"QueryParamException", NULL, EINVAL},
    {"ParamException", NULL, EINVAL},
    {"HadoopIllegalArgumentException", "XAttr name must be prefixed", EOPNOTSUPP},
    {"HadoopIllegalArgumentException", "XAttr is too big", E2BIG},
    {"HadoopIllegalArgumentException", NULL, EINVAL},
    {"InvalidRequestException", NULL, EINVAL},
    {"BadRequestException", NULL, EINVAL},
    {"IllegalArgumentException", NULL, EINVAL},
    {"EOFException", "Premature EOF from inputStream after skipping", ERANGE},

    /* what is no more than an IOException, or is wrapped in another one */
    {NULL, "this file lease is currently owned by", EBUSY},
    {NULL, "lease recovery is in progress", EBUSY},
    {NULL, NOT_REPLICATED, EBUSY},
    {NULL, "out of the range", ERANGE},
    {NULL, "No matching attributes found", ENODATA},
    {NULL, "attributes provided was not found", ENODATA},
    {NULL, "The CREATE flag must be specified", ENODATA},
    {NULL, "The REPLACE flag must be specified", EEXIST},
    {NULL, "would exceed limit of", ENOSPC},
    {NULL, "has been disabled", EOPNOTSUPP},
    {NULL, "policy.enabled is set to false", EOPNOTSUPP},
    {NULL, "destination directory is not empty", ENOTEMPTY},
    {NULL, "must both be directories", ENOTDIR},
    {NULL, "directory or file under source", EINVAL},
    {NULL, "is not a symbolic link", EINVAL},
    {NULL, "There are 0 datanode(s) running", EIO},
    {NULL, "could only be written to 0 of", ENOSPC},
    {NULL, "could only be replicated to 0 nodes", ENOSPC},
    {NULL, "No space left on device", ENOSPC},
    {NULL, "AccessControlException", EACCES},
    {NULL, "InvalidToken", EACCES},
    {NULL, "SafeModeException", EROFS},
    {NULL, "Name node is in safe mode", EROFS},
};

static const char *const TRANSIENT[] = {"StandbyException", "RetriableException",
                                        "ObserverRetryOnActiveException", "ServerTooBusyException",
                                        "ConnectException"};

/* "org.apache.hadoop.hdfs.protocol.FSLimitException$PathComponentTooLongException": the last name
 */
static const char *simple_name(const char *exception)
{
    const char *start = exception;
    for (const char *at = exception; *at; at++)
        if (*at == '.' || *at == '$') start = at + 1;
    return start;
}

/* "There are 3 datanode(s) running and 2 node(s) are excluded in this operation": has the client of
 * HDFS that asked (HttpFS, a DataNode) left all of them out because it could not reach them? A full
 * one is not left out: the NameNode knows of it. */
static bool all_are_excluded(const char *message)
{
    int running, excluded;
    const char *count = message ? strstr(message, "There are ") : NULL;
    return count &&
           sscanf(count, "There are %d datanode(s) running and %d node(s) are excluded", &running,
                  &excluded) == 2 &&
           excluded >= running;
}

int kx_errno_from_exception(const char *exception, const char *message)
{
    const char *name = exception ? simple_name(exception) : "";
    if (all_are_excluded(message)) return EIO;
    for (size_t i = 0; i < G_N_ELEMENTS(RULES); i++) {
        const struct rule *rule = &RULES[i];
        if (rule->exception && !g_str_equal(rule->exception, name)) continue;
        if (rule->message && !(message && strstr(message, rule->message))) continue;
        return rule->code;
    }
    return EIO;
}

int kx_errno_from_status(long status)
{
    static const struct {
        long status;
        int code;
    } CODES[] = {
        {400, EINVAL},       {401, EACCES},    {403, EACCES},    {404, EPROTO},
        {405, EOPNOTSUPP},   {407, EACCES},    {408, ETIMEDOUT}, {413, EFBIG},
        {414, ENAMETOOLONG}, {416, ERANGE},    {429, EHOSTDOWN}, {431, ENAMETOOLONG},
        {501, EOPNOTSUPP},   {502, EHOSTDOWN}, {503, EHOSTDOWN}, {504, ETIMEDOUT},
        {507, ENOSPC},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(CODES); i++)
        if (CODES[i].status == status) return CODES[i].code;
    return status < 400 ? EPROTO : EIO;
}

bool kx_exception_is_transient(const char *exception, long status)
{
    if (!exception) return status == 429 || status == 503;
    const char *name = simple_name(exception);
    for (size_t i = 0; i < G_N_ELEMENTS(TRANSIENT); i++)
        if (g_str_equal(name, TRANSIENT[i])) return true;
    return false;
}

bool kx_open_is_transient(const struct kx_error *err)
{
    static const char *const NAMES[] = {"EOFException", "ConnectException",
                                        "SocketTimeoutException", "NoRouteToHostException"};
    static const char *const WORDS[] = {"No active nodes contain this block",
                                        "Could not obtain block"};
    if (!err->exception || err->code == ERANGE) return false;
    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++)
        if (g_str_equal(NAMES[i], simple_name(err->exception))) return true;
    for (size_t i = 0; i < G_N_ELEMENTS(WORDS); i++)
        if (err->message && strstr(err->message, WORDS[i])) return true;
    return false;
}

bool kx_append_is_early(const struct kx_error *err)
{
    if (!err->http_status) return false;
    if (err->exception && kx_exception_is_transient(err->exception, err->http_status)) return true;
    return err->message && strstr(err->message, NOT_REPLICATED);
}
