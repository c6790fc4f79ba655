/* Files that are opened by their numbers: by which servers, and what becomes of those that were
 * replaced. */
#include "rest/inodes.h"

#include <errno.h>
#include <string.h>

#include "rest/download.h"
#include "rest/features.h"
#include "server.h"
#include "support.h"

#define NAMENODE                                                                                   \
    "{\"beans\":[{\"name\":\"Hadoop:service=NameNode,name=FSNamesystemState\",\"modelerType\":"    \
    "\"org.apache.hadoop.hdfs.server.namenode.FSNamesystem\",\"FSState\":\"Operational\"}]}"
#define ROUTER                                                                                     \
    "{\"beans\":[{\"name\":\"Hadoop:service=NameNode,name=FSNamesystemState\",\"modelerType\":"    \
    "\"org.apache.hadoop.hdfs.server.federation.metrics.NamenodeBeanMetrics\"}]}"
#define GONE                                                                                       \
    "{\"RemoteException\":{\"exception\":\"FileNotFoundException\",\"message\":\"File for given "  \
    "inode path does not exist\"}}"
#define INVALID                                                                                    \
    "{\"RemoteException\":{\"exception\":\"InvalidPathException\",\"message\":\"reserved\"}}"
#define DENIED "{\"RemoteException\":{\"exception\":\"AccessControlException\",\"message\":\"no\"}}"

#define BY_NUMBER "/webhdfs/v1/.reserved/.inodes/7?"

/* A server without redirects. */
struct place {
    struct server *server;
    struct world *world;
    struct kx_error err;
    const char *jmx;     /* NULL: 404 */
    const char *refusal; /* of an OPEN by number; "": without words; NULL: it is given */
    int refusal_status;
    guint64 file_id;    /* behind the name; 0: none */
    unsigned cut_after; /* the first body breaks off here; 0: none */
    GMutex mutex;       /* guards what was seen */
    GString *asked;     /* "jmx number name stat " */
};

static void answer(struct connection *connection, int status, const char *body)
{
    connection_print(connection, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n%s", status,
                     strlen(body), body);
}

static void note(struct place *p, const char *what)
{
    g_mutex_lock(&p->mutex);
    g_string_append(p->asked, what);
    g_mutex_unlock(&p->mutex);
}

static void answer_status(struct connection *connection, struct place *p, bool number)
{
    note(p, number ? "stat-number " : "stat ");
    g_autofree char *body = g_strdup_printf(
        "{\"FileStatus\":{\"pathSuffix\":\"\",\"type\":\"FILE\",\"length\":1000,\"permission\":"
        "\"644\",\"modificationTime\":5,\"fileId\":%" G_GUINT64_FORMAT "}}",
        p->file_id);
    answer(connection, p->file_id ? 200 : 404, p->file_id ? body : GONE);
}

/* @return whether the connection stays */
static bool answer_range(struct connection *connection, struct place *p)
{
    connection_print(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
    unsigned cut = p->cut_after;
    p->cut_after = 0;
    connection_write_pattern(connection, 0, cut ? cut : 100);
    return !cut;
}

static bool answer_open(struct connection *connection, struct place *p, bool number)
{
    note(p, number ? "number " : "name ");
    if (number && p->refusal)
        answer(connection, p->refusal_status, p->refusal);
    else if (!number && !p->file_id)
        answer(connection, 404, GONE);
    else
        return answer_range(connection, p);
    return true;
}

static void serve(struct connection *connection, void *context)
{
    struct place *p = context;
    struct request request;
    for (bool open = true; open && connection_read_head(connection, &request);) {
        bool number = g_str_has_prefix(request.target, BY_NUMBER);
        if (g_str_has_prefix(request.target, "/jmx?")) {
            note(p, "jmx ");
            answer(connection, p->jmx ? 200 : 404, p->jmx ? p->jmx : "");
        } else if (strstr(request.target, "op=GETFILESTATUS")) {
            answer_status(connection, p, number);
        } else {
            open = answer_open(connection, p, number);
        }
        request_clear(&request);
    }
}

static struct place *begin(const char *jmx)
{
    struct place *p = g_new0(struct place, 1);
    g_mutex_init(&p->mutex);
    p->jmx = jmx;
    p->file_id = 7;
    p->asked = g_string_new(NULL);
    p->server = server_new(serve, p);
    p->world = world_new(server_port(p->server), NULL);
    kx_inodes_learn(p->world->client);
    assert_string_equal(p->asked->str, "jmx ");
    g_string_truncate(p->asked, 0);
    return p;
}

static void end(struct place *p)
{
    world_free(p->world);
    server_free(p->server);
    kx_error_clear(&p->err);
    g_string_free(p->asked, TRUE);
    g_mutex_clear(&p->mutex);
    g_free(p);
}

static int get(struct place *p, const char *path, gint64 length)
{
    const struct kx_version version = {.file_id = 7, .mtime_ms = 5};
    g_autoptr(kx_download) d = NULL;
    kx_error_clear(&p->err);
    const struct kx_download_range range = {.path = path, .length = length, .version = &version};
    int rc = kx_download_open(p->world->client, &range, NULL, &d, &p->err);
    while (rc >= 0) {
        g_autoptr(kx_block) block = NULL;
        rc = kx_download_pull(d, KX_BLOCK_BYTES, NULL, &block, &p->err);
        if (rc <= 0) break;
    }
    return rc;
}

static void check(struct place *p, const char *path, int expected, const char *asked)
{
    g_string_truncate(p->asked, 0);
    assert_int_equal(get(p, path, 100), expected);
    assert_string_equal(p->asked->str, asked);
    if (expected) assert_string_equal(p->err.path, path);
}

static void a_namenode_opens_by_number(void **state)
{
    (void)state;
    struct place *p = begin(NAMENODE);
    check(p, "/f", 0, "number ");
    check(p, "/s/.snapshot/a/f", 0, "name "); /* there the fileId is the live file's */
    check(p, "/.reserved/raw/f", 0, "name ");
    p->file_id = 8; /* renamed away, and another one is there */
    check(p, "/f", 0, "number ");
    end(p);
}

static void others_open_by_name(void **state)
{
    static const char *const ANSWERS[] = {NULL, "", "{}", "{\"beans\":[]}", ROUTER};
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(ANSWERS); i++) {
        struct place *p = begin(ANSWERS[i]);
        check(p, "/f", 0, "name ");
        end(p);
    }
}

static void what_was_replaced_is_stale(void **state)
{
    (void)state;
    struct place *p = begin(NAMENODE);
    p->refusal = GONE;
    p->refusal_status = 404;
    p->file_id = 8;
    check(p, "/f", -ESTALE, "number stat ");
    assert_non_null(strstr(p->err.message, "replaced or removed"));
    p->file_id = 0;
    check(p, "/f", -ESTALE, "number stat ");
    p->refusal = DENIED;
    p->refusal_status = 403;
    check(p, "/f", -EACCES, "number ");
    end(p);
}

static void who_refuses_numbers_gets_names(void **state)
{
    static const struct {
        const char *refusal;
        int status;
    } REFUSALS[] = {{GONE, 404}, {"", 404}, {"<html>", 403}, {INVALID, 400}};
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(REFUSALS); i++) {
        struct place *p = begin(NAMENODE);
        p->refusal = REFUSALS[i].refusal;
        p->refusal_status = REFUSALS[i].status;
        check(p, "/f", 0, "number stat name ");
        check(p, "/f", 0, "name ");
        end(p);
    }
}

/* It lives on in a snapshot, and the number leads to the file that has its name now. */
static void a_cut_stream_goes_on_in_the_same_file_only(void **state)
{
    (void)state;
    struct place *p = begin(NAMENODE);
    p->cut_after = 50;
    check(p, "/f", 0, "number stat-number number ");
    p->cut_after = 50;
    p->file_id = 8;
    check(p, "/f", -ESTALE, "number stat-number ");
    end(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_namenode_opens_by_number),
        cmocka_unit_test(others_open_by_name),
        cmocka_unit_test(what_was_replaced_is_stale),
        cmocka_unit_test(who_refuses_numbers_gets_names),
        cmocka_unit_test(a_cut_stream_goes_on_in_the_same_file_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
