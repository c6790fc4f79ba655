/* Extended attributes, ACLs, snapshots, policies and tokens against what a real server answered. */
#include <errno.h>
#include <string.h>

#include "rest/webhdfs.h"
#include "scene.h"

static void xattrs_are_read(void **state)
{
    struct scene *s = *state;
    g_auto(GStrv) names = NULL;
    g_autoptr(GBytes) value = NULL;
    replay_load(s->replay, "listxattrs");
    scene_expect(s, kx_webhdfs_list_xattrs(s->client, "/rec/d/f.txt", NULL, &names, &s->err), 0);
    assert_int_equal(g_strv_length(names), 2);
    replay_load(s->replay, "getxattrs-one-hex");
    scene_expect(
        s, kx_webhdfs_get_xattr(s->client, "/rec/d/f.txt", "user.note", NULL, &value, &s->err), 0);
    assert_memory_equal(g_bytes_get_data(value, NULL), "Hello", 5);
    replay_load(s->replay, "getxattrs-missing");
    scene_expect(
        s, kx_webhdfs_get_xattr(s->client, "/rec/d/f.txt", "user.none", NULL, &value, &s->err),
        -ENODATA);
    assert_error(&s->err, ENODATA, "XAttrNotFoundException", NULL);
}

static int set(struct scene *s, const char *name, const char *value, enum kx_xattr_how how)
{
    return kx_webhdfs_set_xattr(s->client, "/rec/d/f.txt", name, value, strlen(value), how, NULL,
                                &s->err);
}

static void xattrs_are_set(void **state)
{
    struct scene *s = *state;
    replay_load(s->replay, "setxattr-create");
    scene_expect(s, set(s, "user.note", "Hello", KX_XATTR_CREATE), 0);
    replay_load(s->replay, "setxattr-novalue");
    scene_expect(s, set(s, "user.flag", "", KX_XATTR_CREATE), 0);
    replay_load(s->replay, "setxattr-create-exists");
    scene_expect(s, set(s, "user.note", "H", KX_XATTR_CREATE), -EEXIST);
    replay_load(s->replay, "setxattr-replace-missing");
    scene_expect(s, set(s, "user.none", "H", KX_XATTR_REPLACE), -ENODATA);
    replay_load(s->replay, "setxattr-bad-prefix");
    scene_expect(s, set(s, "nonamespace", "H", KX_XATTR_CREATE), -EOPNOTSUPP);
    replay_load(s->replay, "setxattr-bad-namespace");
    scene_expect(s, set(s, "security.selinux", "H", KX_XATTR_CREATE), -EACCES);
    g_autofree char *large = g_strnfill(16 * 1024 + 1, 'x');
    scene_expect(s, set(s, "user.large", large, KX_XATTR_ANY), -E2BIG);
}

static void xattrs_are_removed(void **state)
{
    struct scene *s = *state;
    replay_load(s->replay, "removexattr");
    scene_expect(s, kx_webhdfs_remove_xattr(s->client, "/rec/d/f.txt", "user.note", NULL, &s->err),
                 0);
    replay_load(s->replay, "removexattr-missing");
    scene_expect(s, kx_webhdfs_remove_xattr(s->client, "/rec/d/f.txt", "user.note", NULL, &s->err),
                 -ENODATA);
}

static void acls_are_read(void **state)
{
    struct scene *s = *state;
    struct kx_acl acl;
    replay_load(s->replay, "getaclstatus");
    scene_expect(s, kx_webhdfs_get_acl(s->client, "/rec/d/f.txt", NULL, &acl, &s->err), 0);
    assert_string_equal(acl.owner, "alice");
    assert_string_equal(acl.group, "users");
    assert_int_equal(acl.mode, 0664);
    assert_string_equal(acl.entries[0], "user:bob:rw-");
    assert_int_equal(g_strv_length(acl.entries), 3);
    kx_acl_clear(&acl);
    replay_load(s->replay, "getaclstatus-dir-default");
    scene_expect(s, kx_webhdfs_get_acl(s->client, "/rec/d/sub", NULL, &acl, &s->err), 0);
    assert_true(acl.sticky);
    assert_string_equal(acl.entries[1], "default:user:bob:r-x");
    kx_acl_clear(&acl);
    replay_load(s->replay, "getaclstatus-none");
    scene_expect(s, kx_webhdfs_get_acl(s->client, "/rec/d/f.txt", NULL, &acl, &s->err), 0);
    assert_null(acl.entries[0]);
    kx_acl_clear(&acl);
}

static void acls_are_changed(void **state)
{
    struct scene *s = *state;
    struct kx_client *c = s->client;
    replay_load(s->replay, "setacl");
    scene_expect(s,
                 kx_webhdfs_set_acl(c, "/rec/d/sub",
                                    "user::rwx,group::r-x,other::---,default:user:bob:r-x,"
                                    "default:user::rwx,default:group::r-x,default:other::---",
                                    NULL, &s->err),
                 0);
    replay_load(s->replay, "modifyaclentries");
    scene_expect(
        s, kx_webhdfs_modify_acl(c, "/rec/d/f.txt", "user:bob:rw-,group:staff:r--", NULL, &s->err),
        0);
    replay_load(s->replay, "removeaclentries");
    scene_expect(s, kx_webhdfs_remove_acl_entries(c, "/rec/d/f.txt", "user:bob:", NULL, &s->err),
                 0);
    replay_load(s->replay, "removedefaultacl");
    scene_expect(s, kx_webhdfs_remove_default_acl(c, "/rec/d/sub", NULL, &s->err), 0);
    replay_load(s->replay, "removeacl");
    scene_expect(s, kx_webhdfs_remove_acl(c, "/rec/d/f.txt", NULL, &s->err), 0);
}

static void snapshots_come_and_go(void **state)
{
    struct scene *s = *state;
    struct kx_client *c = s->client;
    g_autofree char *created = NULL;
    replay_load(s->replay, "allowsnapshot");
    scene_expect(s, kx_webhdfs_allow_snapshot(c, "/rec/snap", NULL, &s->err), 0);
    replay_load(s->replay, "createsnapshot");
    scene_expect(s, kx_webhdfs_create_snapshot(c, "/rec/snap", "s1", NULL, &created, &s->err), 0);
    assert_string_equal(created, "/rec/snap/.snapshot/s1");
    replay_load(s->replay, "createsnapshot-second");
    scene_expect(s, kx_webhdfs_create_snapshot(c, "/rec/snap", "s2", NULL, NULL, &s->err), 0);
    replay_load(s->replay, "createsnapshot-exists");
    scene_expect(s, kx_webhdfs_create_snapshot(c, "/rec/snap", "s1", NULL, NULL, &s->err), -EEXIST);
    replay_load(s->replay, "renamesnapshot");
    scene_expect(s, kx_webhdfs_rename_snapshot(c, "/rec/snap", "s2", "s2-renamed", NULL, &s->err),
                 0);
    replay_load(s->replay, "deletesnapshot");
    scene_expect(s, kx_webhdfs_delete_snapshot(c, "/rec/snap", "s1", NULL, &s->err), 0);
    replay_load(s->replay, "disallowsnapshot-still-has");
    scene_expect(s, kx_webhdfs_disallow_snapshot(c, "/rec/snap", NULL, &s->err), -EBUSY);
    replay_load(s->replay, "disallowsnapshot");
    scene_expect(s, kx_webhdfs_disallow_snapshot(c, "/rec/snap", NULL, &s->err), 0);
}

static void snapshots_refused(void **state)
{
    struct scene *s = *state;
    replay_load(s->replay, "createsnapshot-not-allowed");
    scene_expect(s, kx_webhdfs_create_snapshot(s->client, "/rec/snap", "s1", NULL, NULL, &s->err),
                 -EOPNOTSUPP);
    scene_user(s, "bob");
    replay_load(s->replay, "allowsnapshot-bob");
    scene_expect(s, kx_webhdfs_allow_snapshot(s->client, "/rec/snap", NULL, &s->err), -EPERM);
}

static void snapshots_are_listed(void **state)
{
    struct scene *s = *state;
    g_auto(GStrv) names = NULL, paths = NULL;
    replay_load(s->replay, "getsnapshotlist");
    scene_expect(s, kx_webhdfs_snapshots(s->client, "/rec/snap", NULL, &names, &s->err), 0);
    assert_string_equal(names[0], "s1");
    assert_string_equal(names[1], "s2");
    replay_load(s->replay, "getsnapshottabledirectorylist");
    scene_expect(s, kx_webhdfs_snapshottable(s->client, NULL, &paths, &s->err), 0);
    assert_string_equal(paths[0], "/rec/snap");
}

static void snapshots_are_compared(void **state)
{
    struct scene *s = *state;
    g_autoptr(GArray) changes = NULL;
    replay_load(s->replay, "getsnapshotdiff");
    scene_expect(
        s, kx_webhdfs_snapshot_diff(s->client, "/rec/snap", "s1", "s2", NULL, &changes, &s->err),
        0);
    assert_int_equal(changes->len, 3);
    const struct kx_snapshot_change *all = (const void *)changes->data;
    assert_string_equal(all[0].type, "MODIFY");
    assert_string_equal(all[0].path, "");
    assert_string_equal(all[2].type, "RENAME");
    assert_string_equal(all[2].path, "a");
    assert_string_equal(all[2].target, "a2");
    assert_null(all[1].target);
}

static void storage_policies(void **state)
{
    struct scene *s = *state;
    g_autoptr(GArray) all = NULL;
    struct kx_storage_policy policy;
    replay_load(s->replay, "getallstoragepolicy");
    scene_expect(s, kx_webhdfs_storage_policies(s->client, NULL, &all, &s->err), 0);
    assert_string_equal(g_array_index(all, struct kx_storage_policy, 1).name, "COLD");
    assert_string_equal(g_array_index(all, struct kx_storage_policy, 1).storage_types[0],
                        "ARCHIVE");
    replay_load(s->replay, "getstoragepolicy");
    scene_expect(
        s, kx_webhdfs_get_storage_policy(s->client, "/rec/d/f.txt", NULL, &policy, &s->err), 0);
    assert_int_equal(policy.id, 7);
    assert_string_equal(policy.name, "HOT");
    kx_storage_policy_clear(&policy);
    replay_load(s->replay, "setstoragepolicy");
    scene_expect(s, kx_webhdfs_set_storage_policy(s->client, "/rec/d/sub", "COLD", NULL, &s->err),
                 0);
    replay_answer(s->replay, "POST", "/webhdfs/v1/rec/d/sub?op=UNSETSTORAGEPOLICY&user.name=root",
                  200, "");
    scene_expect(s, kx_webhdfs_unset_storage_policy(s->client, "/rec/d/sub", NULL, &s->err), 0);
    replay_answer(s->replay, "PUT", "/webhdfs/v1/rec/d/sub?op=SATISFYSTORAGEPOLICY&user.name=root",
                  200, "");
    scene_expect(s, kx_webhdfs_satisfy_storage_policy(s->client, "/rec/d/sub", NULL, &s->err), 0);
}

static void ec_policies(void **state)
{
    struct scene *s = *state;
    g_auto(GStrv) names = NULL;
    g_autofree char *name = g_strdup("stale"), *found = NULL;
    replay_load(s->replay, "getecpolicies");
    scene_expect(s, kx_webhdfs_ec_policies(s->client, NULL, &names, &s->err), 0);
    assert_true(g_strv_contains((const char *const *)names, "RS-6-3-1024k"));
    replay_load(s->replay, "getecpolicy"); /* null: none */
    g_clear_pointer(&name, g_free);
    scene_expect(s, kx_webhdfs_get_ec_policy(s->client, "/rec/d", NULL, &name, &s->err), 0);
    assert_null(name);
    assert_null(s->err.message);
    replay_answer(s->replay, "GET", "/webhdfs/v1/rec/d?op=GETECPOLICY&user.name=root", 200,
                  "{\"name\":\"RS-6-3-1024k\",\"cellSize\":1048576}");
    scene_expect(s, kx_webhdfs_get_ec_policy(s->client, "/rec/d", NULL, &found, &s->err), 0);
    assert_string_equal(found, "RS-6-3-1024k");
}

static void tokens(void **state)
{
    struct scene *s = *state;
    g_autofree char *token = NULL, *none = NULL;
    int64_t expires = 0;
    replay_load(s->replay, "getdelegationtoken");
    scene_expect(s, kx_webhdfs_get_token(s->client, "root", NULL, &token, &s->err), 0);
    assert_true(g_str_has_prefix(token, "HAAEcm9vdARyb290"));
    replay_load(s->replay, "renewdelegationtoken");
    scene_expect(s, kx_webhdfs_renew_token(s->client, token, NULL, &expires, &s->err), 0);
    assert_true(expires == 1795408935183);
    replay_load(s->replay, "canceldelegationtoken");
    scene_expect(s, kx_webhdfs_cancel_token(s->client, token, NULL, &s->err), 0);
    replay_answer(s->replay, "GET", "/webhdfs/v1/?op=GETDELEGATIONTOKEN&user.name=root", 200,
                  "{\"Token\":null}");
    scene_expect(s, kx_webhdfs_get_token(s->client, NULL, NULL, &none, &s->err), -EOPNOTSUPP);
    replay_answer(s->replay, "PUT",
                  "/webhdfs/v1/?op=RENEWDELEGATIONTOKEN&user.name=root&token=SECRET", 403,
                  "{\"RemoteException\":{\"exception\":\"InvalidToken\",\"message\":\"gone\"}}");
    scene_expect(s, kx_webhdfs_renew_token(s->client, "SECRET", NULL, &expires, &s->err), -EACCES);
    assert_null(strstr(s->err.request, "SECRET"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(xattrs_are_read),
        scene_test(xattrs_are_set),
        scene_test(xattrs_are_removed),
        scene_test(acls_are_read),
        scene_test(acls_are_changed),
        scene_test(snapshots_come_and_go),
        scene_test(snapshots_refused),
        scene_test(snapshots_are_listed),
        scene_test(snapshots_are_compared),
        scene_test(storage_policies),
        scene_test(ec_policies),
        scene_test(tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
