#include "rest/errno_map.h"

#include <errno.h>
#include <string.h>

#include "recording.h"
#include "support.h"

/* Every recorded refusal, and what becomes of it. */
static const struct {
    const char *name;
    int code;
    const char *exception;
} RECORDED[] = {
    {"allowsnapshot-bob", EPERM, "AccessControlException"},
    {"append-directory", EISDIR, "FileAlreadyExistsException"},
    {"append-missing", ENOENT, "FileNotFoundException"},
    {"checkaccess-denied", EACCES, "AccessControlException"},
    {"concat-missing", ENOENT, "FileNotFoundException"},
    {"create-createparent-false", ENOENT, "FileNotFoundException"},
    {"create-exists-overwrite-false", EEXIST, "FileAlreadyExistsException"},
    {"create-in-snapshot", EROFS, "SnapshotAccessControlException"},
    {"create-over-directory", EISDIR, "FileAlreadyExistsException"},
    {"create-parent-is-file", ENOTDIR, "ParentNotDirectoryException"},
    {"create-post-wrong-method", EOPNOTSUPP, "IllegalArgumentException"},
    {"create-storage-quota-exceeded", EDQUOT, "DSQuotaExceededException"},
    {"createsnapshot-exists", EEXIST, "SnapshotException"},
    {"createsnapshot-not-allowed", EOPNOTSUPP, "SnapshotException"},
    {"createsymlink", EOPNOTSUPP, "UnsupportedOperationException"},
    {"datanode-direct-metadata", EOPNOTSUPP, "IllegalArgumentException"},
    {"datanode-open-deleted", ENOENT, "FileNotFoundException"},
    {"datanode-options", EOPNOTSUPP, "IllegalArgumentException"},
    {"delete-nonempty", ENOTEMPTY, "PathIsNotEmptyDirectoryException"},
    {"delete-with-snapshots", EBUSY, "SnapshotException"},
    {"denied-create", EACCES, "AccessControlException"},
    {"denied-delete", EACCES, "AccessControlException"},
    {"denied-getfilestatus-inside", EACCES, "AccessControlException"},
    {"denied-liststatus", EACCES, "AccessControlException"},
    {"denied-mkdirs", EACCES, "AccessControlException"},
    {"denied-rename", EACCES, "AccessControlException"},
    {"denied-setpermission", EPERM, "AccessControlException"},
    {"disallowsnapshot-still-has", EBUSY, "SnapshotException"},
    {"doas-refused", EACCES, "AuthorizationException"},
    {"getfilestatus-bad-user", EINVAL, "IllegalArgumentException"},
    {"getfilestatus-below-file", ENOENT, "FileNotFoundException"},
    {"getfilestatus-below-file-bob", ENOTDIR, "AccessControlException"},
    {"getfilestatus-missing", ENOENT, "FileNotFoundException"},
    {"getlinktarget", EINVAL, "IOException"},
    {"getxattrs-missing", ENODATA, "XAttrNotFoundException"},
    {"httpfs-create-data-form-content-type", EINVAL, NULL},
    {"httpfs-create-data-no-content-type", EINVAL, NULL},
    {"httpfs-create-data-other-content-type", EINVAL, NULL},
    {"httpfs-create-exists-overwrite-false", EEXIST, "FileAlreadyExistsException"},
    {"httpfs-createsymlink", EOPNOTSUPP, "QueryParamException"},
    {"httpfs-delete-nonempty", ENOTEMPTY, "PathIsNotEmptyDirectoryException"},
    {"httpfs-denied-mkdirs", EACCES, "AccessControlException"},
    {"httpfs-getfilestatus-anonymous", EACCES, NULL},
    {"httpfs-getfilestatus-missing", ENOENT, "FileNotFoundException"},
    {"httpfs-instrumentation", EACCES, "AccessControlException"},
    {"httpfs-op-unknown", EOPNOTSUPP, "QueryParamException"},
    {"httpfs-open-denied", EACCES, "AccessControlException"},
    {"httpfs-open-directory", EISDIR, "FileNotFoundException"},
    {"httpfs-open-missing", ENOENT, "FileNotFoundException"},
    {"httpfs-open-offset-beyond-end", ERANGE, "EOFException"},
    {"httpfs-setowner-denied", EPERM, "AccessControlException"},
    {"liststatus-missing", ENOENT, "FileNotFoundException"},
    {"mkdirs-below-file", ENOTDIR, "ParentNotDirectoryException"},
    {"mkdirs-colon", EINVAL, "InvalidPathException"},
    {"mkdirs-dotdot", EINVAL, "InvalidPathException"},
    {"mkdirs-double-slash", EINVAL, "InvalidPathException"},
    {"mkdirs-namespace-quota-exceeded", EDQUOT, "NSQuotaExceededException"},
    {"mkdirs-over-file", EEXIST, "FileAlreadyExistsException"},
    {"op-missing", EOPNOTSUPP, "UnsupportedOperationException"},
    {"op-unknown", EOPNOTSUPP, "IllegalArgumentException"},
    {"open-directory", EISDIR, "FileNotFoundException"},
    {"open-missing", ENOENT, "FileNotFoundException"},
    {"open-offset-at-end", ERANGE, "IOException"},
    {"open-offset-beyond-end", ERANGE, "IOException"},
    {"open-permission-denied", EACCES, "AccessControlException"},
    {"removexattr-missing", ENODATA, "IOException"},
    {"rename-missing-parent-overwrite", ENOENT, "FileNotFoundException"},
    {"rename-missing-source-overwrite", ENOENT, "FileNotFoundException"},
    {"rename-options-none", EEXIST, "FileAlreadyExistsException"},
    {"rename-overwrite-file-onto-dir", ENOTDIR, "IOException"},
    {"rename-overwrite-nonempty-dir", ENOTEMPTY, "IOException"},
    {"rename-relative-destination", EINVAL, "IllegalArgumentException"},
    {"rename-to-itself-overwrite", EEXIST, "FileAlreadyExistsException"},
    {"rename-under-itself-overwrite", EINVAL, "IOException"},
    {"safemode-append", EROFS, "SafeModeException"},
    {"safemode-create", EROFS, "SafeModeException"},
    {"safemode-delete", EROFS, "SafeModeException"},
    {"safemode-mkdirs", EROFS, "SafeModeException"},
    {"safemode-rename", EROFS, "SafeModeException"},
    {"safemode-settimes", EROFS, "SafeModeException"},
    {"setowner-not-super", EPERM, "AccessControlException"},
    {"setpermission-bad", EINVAL, "IllegalArgumentException"},
    {"setxattr-bad-namespace", EACCES, "AccessControlException"},
    {"setxattr-bad-prefix", EOPNOTSUPP, "HadoopIllegalArgumentException"},
    {"setxattr-create-exists", EEXIST, "IOException"},
    {"setxattr-replace-missing", ENODATA, "IOException"},
    {"truncate-again-too-soon", EBUSY, "AlreadyBeingCreatedException"},
    {"truncate-larger", EINVAL, "HadoopIllegalArgumentException"},
};

static void check_recorded(const char *name, int code, const char *exception)
{
    KX_ERROR_AUTO(err);
    struct exchange *last = recording_last(name);
    int rc =
        kx_error_from_answer(&err, last->status, (const char *)last->body->data, last->body->len);
    assert_int_equal(err.http_status, last->status);
    exchange_free(last);
    if (rc != -code) fail_msg("%s: %s, not %s", name, g_strerror(-rc), g_strerror(code));
    assert_error(&err, code, exception, NULL);
    assert_non_null(err.message);
    assert_null(strchr(err.message, '\n'));
    assert_null(strstr(err.message, "\tat "));
}

static void every_recorded_refusal_has_its_errno(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(RECORDED); i++)
        check_recorded(RECORDED[i].name, RECORDED[i].code, RECORDED[i].exception);
}

static bool is_in_table(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(RECORDED); i++)
        if (g_str_equal(RECORDED[i].name, name)) return true;
    return false;
}

static void the_table_has_every_recorded_refusal(void **state)
{
    (void)state;
    g_auto(GStrv) names = recording_names();
    for (char **name = names; *name; name++) {
        struct exchange *last = recording_last(*name);
        bool refused = last->status >= 400 && !g_str_equal(last->method, "HEAD");
        exchange_free(last);
        if (refused && !is_in_table(*name)) fail_msg("%s is not in the table", *name);
    }
}

static void check_exception(const char *exception, const char *message, int code)
{
    int got = kx_errno_from_exception(exception, message);
    if (got != code)
        fail_msg("%s \"%s\": %s, not %s", exception, message ? message : "", g_strerror(got),
                 g_strerror(code));
}

static void exceptions_that_are_not_recorded(void **state)
{
    (void)state;
    check_exception(
        "org.apache.hadoop.hdfs.protocol.FSLimitException$PathComponentTooLongException", NULL,
        ENAMETOOLONG);
    check_exception("FSLimitException$MaxDirectoryItemsExceededException", NULL, ENOSPC);
    check_exception("QuotaByStorageTypeExceededException", NULL, EDQUOT);
    check_exception("RecoveryInProgressException", NULL, EBUSY);
    check_exception("LeaseExpiredException", "No lease on /a (inode 1): File does not exist.",
                    ENOENT);
    check_exception("LeaseExpiredException", "Client (=x) is not the lease owner (=y)", EBUSY);
    check_exception("StandbyException", "Operation category READ is not supported in state standby",
                    EHOSTDOWN);
    check_exception("RetriableException", "org.apache...SafeModeException: in safe mode.", EROFS);
    check_exception("SecretManager$InvalidToken", "token can't be found in cache", EACCES);
    check_exception("SecurityException", "Failed to obtain user group information", EACCES);
    check_exception("IOException", "...org.apache.hadoop.security.AccessControlException: x",
                    EACCES);
    check_exception("IOException",
                    "File /f could only be written to 0 of the 1 minReplication nodes. There are 1 "
                    "datanode(s) running and no node(s) are excluded in this operation.",
                    ENOSPC);
    check_exception("IOException",
                    "File /f could only be written to 0 of the 1 minReplication nodes. There are 0 "
                    "datanode(s) running and 0 node(s) are excluded in this operation.",
                    EIO);
    check_exception("RemoteException",
                    "File /f could only be written to 0 of the 1 minReplication nodes. There are 2 "
                    "datanode(s) running and 2 node(s) are excluded in this operation.",
                    EIO);
    check_exception("RemoteException",
                    "File /f could only be written to 0 of the 1 minReplication nodes. There are 2 "
                    "datanode(s) running and 1 node(s) are excluded in this operation.",
                    ENOSPC);
    check_exception("IOException", "Cannot add additional XAttr to inode, would exceed limit of 32",
                    ENOSPC);
    check_exception("HadoopIllegalArgumentException", "The XAttr is too big. The maximum ...",
                    E2BIG);
    check_exception("AclException", "Invalid ACL: multiple entries with same scope", EINVAL);
    check_exception("AclException", "Support for ACLs has been disabled by setting ...",
                    EOPNOTSUPP);
    check_exception("SnapshotException", "The snapshot s2 already exists for directory /d", EEXIST);
    check_exception("NoECPolicySetException", NULL, ENODATA);
    check_exception("BlockMissingException", "Could not obtain block", EIO);
    check_exception("NullPointerException", NULL, EIO);
    check_exception(NULL, NULL, EIO);
    check_exception("", "", EIO);
    check_exception("...$", NULL, EIO);
}

static void statuses_without_an_exception(void **state)
{
    (void)state;
    static const struct {
        long status;
        int code;
    } ROWS[] = {{302, EPROTO},    {400, EINVAL},     {401, EACCES},       {403, EACCES},
                {404, EPROTO},    {405, EOPNOTSUPP}, {414, ENAMETOOLONG}, {418, EIO},
                {500, EIO},       {501, EOPNOTSUPP}, {502, EHOSTDOWN},    {503, EHOSTDOWN},
                {504, ETIMEDOUT}, {507, ENOSPC},     {999, EIO}};
    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++)
        assert_int_equal(kx_errno_from_status(ROWS[i].status), ROWS[i].code);
}

static void what_is_transient(void **state)
{
    (void)state;
    assert_true(kx_exception_is_transient("org.apache.hadoop.ipc.StandbyException", 403));
    assert_true(kx_exception_is_transient("RetriableException", 403));
    assert_true(kx_exception_is_transient(NULL, 503));
    assert_true(kx_exception_is_transient(NULL, 429));
    assert_false(kx_exception_is_transient("FileNotFoundException", 503));
    assert_false(kx_exception_is_transient("SafeModeException", 403));
    assert_false(kx_exception_is_transient(NULL, 500)); /* a gateway says so while it goes on */
    assert_false(kx_exception_is_transient(NULL, 504));
}

static bool is_early(long status, const char *exception, const char *message)
{
    KX_ERROR_AUTO(err);
    err.http_status = status;
    err.exception = g_strdup(exception);
    err.message = g_strdup(message);
    return kx_append_is_early(&err);
}

static void what_an_append_waits_for(void **state)
{
    (void)state;
    const char *words = "append: lastBlock=blk_1_1 of src=/f is not sufficiently replicated yet.";
    assert_true(is_early(403, "IOException", words));
    assert_true(is_early(403, "RetriableException", NULL));
    assert_false(is_early(0, "IOException", words)); /* nobody has said so */
    assert_false(is_early(403, "IOException", "something else"));
    assert_false(is_early(403, "AlreadyBeingCreatedException", "owned by"));
    assert_int_equal(kx_errno_from_exception("IOException", words), EBUSY);
}

static void check_answer(long status, const char *body, int code, const char *exception,
                         const char *message)
{
    KX_ERROR_AUTO(err);
    assert_int_equal(kx_error_from_answer(&err, status, body, strlen(body)), -code);
    assert_error(&err, code, exception, message);
}

static void bodies_of_all_kinds(void **state)
{
    (void)state;
    check_answer(502, "", EHOSTDOWN, NULL, "the server answered 502 without a reason");
    check_answer(502, "Bad gateway\nmore", EHOSTDOWN, NULL, "Bad gateway");
    check_answer(500, "<html><head><TITLE>Error 500 &lt;x&gt; &amp;amp;</TITLE>", EIO, NULL,
                 "Error 500 <x> &amp;");
    check_answer(500, "<html><body>no title", EIO, NULL, "without a reason");
    check_answer(500,
                 "<html><title>Error 500 javax.servlet.ServletException: java.io.IOException: "
                 "Service connectivity error.</title>",
                 EIO, NULL, "the gateway cannot reach its server");
    check_answer(404, "{\"RemoteException\":", EPROTO, NULL, "{\"RemoteException\":");
    check_answer(404, "{\"RemoteException\":{\"exception\":7}}", EPROTO, NULL, NULL);
    check_answer(404, "{\"RemoteException\":{\"javaClassName\":\"java.io.FileNotFoundException\"}}",
                 ENOENT, "FileNotFoundException", "without a reason");
    check_answer(403, "{\"RemoteException\":{\"message\":\"denied\"}}", EACCES, NULL, "denied");
    check_answer(400, "\xff\xfe\x01", EINVAL, NULL, NULL);
}

static void long_messages_are_cut(void **state)
{
    (void)state;
    KX_ERROR_AUTO(err);
    g_autofree char *words = g_strnfill(100000, 'w');
    kx_error_from_answer(&err, 500, words, strlen(words));
    assert_in_range(strlen(err.message), 1, 2000);
    assert_int_equal(kx_error_from_answer(NULL, 500, words, strlen(words)), -EIO);
}

/* As Hadoop 3.4.2 says it: a NameNode, a DataNode with its stack trace, and HttpFS. */
static void who_holds_a_file_is_named(void **state)
{
    (void)state;
#define LEASE(op)                                                                                  \
    "Failed to " op " /lease/f for DFSClient_NONMAPREDUCE_-631659693_93 on 10.0.0.1 because this " \
    "file lease is currently owned by DFSClient_NONMAPREDUCE_902998251_87 on 10.0.0.2"
#define HELD                                                                                       \
    "another client has it open for writing: DFSClient_NONMAPREDUCE_902998251_87 on 10.0.0.2. It " \
    "can be changed when that has closed it; if it never will: hdfs debug recoverLease -path FILE"
    check_answer(403,
                 "{\"RemoteException\":{\"exception\":\"AlreadyBeingCreatedException\",\"message\":"
                 "\"" LEASE("TRUNCATE_FILE") "\"}}",
                 EBUSY, "AlreadyBeingCreatedException", HELD);
    check_answer(403,
                 "{\"RemoteException\":{\"exception\":\"AlreadyBeingCreatedException\",\"message\":"
                 "\"" LEASE("APPEND_FILE") "\\n\\tat org.apache.hadoop.x(F.java:2972)\"}}",
                 EBUSY, "AlreadyBeingCreatedException", HELD);
    check_answer(500,
                 "{\"RemoteException\":{\"message\":\"" LEASE(
                     "APPEND_FILE") "\","
                                    "\"exception\":\"RemoteException\"}}",
                 EBUSY, "RemoteException", HELD);
    check_answer(500,
                 "{\"RemoteException\":{\"exception\":\"RemoteException\",\"message\":\"Failed to "
                 "APPEND_FILE /f for A on B because lease recovery is in progress. Try again "
                 "later.\"}}",
                 EBUSY, "RemoteException", "lease recovery is in progress. Try again later.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_recorded_refusal_has_its_errno),
        cmocka_unit_test(the_table_has_every_recorded_refusal),
        cmocka_unit_test(exceptions_that_are_not_recorded),
        cmocka_unit_test(statuses_without_an_exception),
        cmocka_unit_test(what_is_transient),
        cmocka_unit_test(what_an_append_waits_for),
        cmocka_unit_test(who_holds_a_file_is_named),
        cmocka_unit_test(bodies_of_all_kinds),
        cmocka_unit_test(long_messages_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
