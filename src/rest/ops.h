/* The WebHDFS operations as data: how each is sent, whether it is redirected, and what to do when
 * its result is unknown. Source: Hadoop 3.4.2 NamenodeWebHdfsMethods and the recorded exchanges in
 * tests/fixtures/webhdfs. Threads: constant data. */
#pragma once
#include <stdbool.h>

enum kx_op {
    KX_OPEN,
    KX_CREATE,
    KX_APPEND,
    KX_TRUNCATE,
    KX_CONCAT,
    KX_MKDIRS,
    KX_RENAME,
    KX_DELETE,
    KX_GETFILESTATUS,
    KX_LISTSTATUS,
    KX_LISTSTATUS_BATCH,
    KX_GETCONTENTSUMMARY,
    KX_GETQUOTAUSAGE,
    KX_GETFILECHECKSUM,
    KX_GETFILEBLOCKLOCATIONS,
    KX_GET_BLOCK_LOCATIONS, /* "a private unstable op" (Hadoop's GetOpParam), long served */
    KX_SETPERMISSION,
    KX_SETOWNER,
    KX_SETTIMES,
    KX_SETREPLICATION,
    KX_GETXATTRS,
    KX_LISTXATTRS,
    KX_SETXATTR,
    KX_REMOVEXATTR,
    KX_GETACLSTATUS,
    KX_SETACL,
    KX_MODIFYACLENTRIES,
    KX_REMOVEACLENTRIES,
    KX_REMOVEDEFAULTACL,
    KX_REMOVEACL,
    KX_ALLOWSNAPSHOT,
    KX_DISALLOWSNAPSHOT,
    KX_CREATESNAPSHOT,
    KX_DELETESNAPSHOT,
    KX_RENAMESNAPSHOT,
    KX_GETSNAPSHOTDIFF,
    KX_GETSNAPSHOTTABLEDIRECTORYLIST,
    KX_GETSNAPSHOTLIST,
    KX_GETALLSTORAGEPOLICY,
    KX_GETSTORAGEPOLICY,
    KX_SETSTORAGEPOLICY,
    KX_UNSETSTORAGEPOLICY,
    KX_SATISFYSTORAGEPOLICY,
    KX_GETECPOLICY,
    KX_GETECPOLICIES,
    KX_SETECPOLICY,
    KX_UNSETECPOLICY,
    KX_SETQUOTA,
    KX_SETQUOTABYSTORAGETYPE,
    KX_GETHOMEDIRECTORY,
    KX_GETTRASHROOT,
    KX_GETSTATUS,
    KX_GETSERVERDEFAULTS,
    KX_CHECKACCESS,
    KX_GETDELEGATIONTOKEN,
    KX_RENEWDELEGATIONTOKEN,
    KX_CANCELDELEGATIONTOKEN,
    KX_OP_COUNT
};

/* After the request was sent and no answer came, nobody knows whether it was done. */
enum kx_unknown {
    KX_REPEAT, /* doing it twice is doing it once */
    KX_LOOK,   /* the caller must look at the names or lengths before it says anything */
    KX_NEVER   /* cannot be repeated (its bytes are gone): an error */
};

struct kx_op_info {
    const char *name;   /* the op= parameter */
    const char *method; /* "GET" "PUT" "POST" "DELETE" */
    bool redirected;    /* a NameNode answers 307 to a DataNode */
    bool body;          /* the request carries the file's bytes */
    enum kx_unknown unknown;
};

/** Never NULL for op < KX_OP_COUNT. */
const struct kx_op_info *kx_op_info(enum kx_op op);
