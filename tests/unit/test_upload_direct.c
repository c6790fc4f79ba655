/* Small files: one request to a DataNode that is known, and what happens when that fails. */
#include <errno.h>
#include <string.h>

#include "rest/datanodes.h"
#include "rest/upload.h"
#include "server.h"
#include "support.h"

/* What the DataNode does with a request, in order; the last one for ever. */
enum turn { TAKES, DEAD_RPC, DENIES, EXISTS, CUTS };

struct cluster {
    struct server *namenode, *datanode, *other;
    struct world *world;
    struct kx_error err;
    const enum turn *turns;
    unsigned count;
    bool to_other; /* the NameNode names the other DataNode from now on */
    GMutex mutex;  /* guards what was seen */
    unsigned redirects, creates;
    GString *head, *body; /* of the last CREATE of a DataNode */
    char *target;
};

static void name_datanode(struct connection *connection, void *context)
{
    struct cluster *c = context;
    struct request request;
    while (connection_read_head(connection, &request)) {
        const char *query = strchr(request.target, '?');
        g_mutex_lock(&c->mutex);
        c->redirects++;
        g_mutex_unlock(&c->mutex);
        connection_print(connection,
                         "HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:%d/webhdfs/v1/f%s&"
                         "namenoderpcaddress=nn:8020\r\nContent-Length: 0\r\n\r\n",
                         server_port(c->to_other ? c->other : c->datanode), query);
        request_clear(&request);
    }
}

static void refuse(struct connection *connection, const char *exception)
{
    g_autofree char *body = g_strdup_printf(
        "{\"RemoteException\":{\"exception\":\"%s\",\"message\":\"no\"}}", exception);
    connection_print(connection,
                     "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
                     strlen(body), body);
}

static enum turn note_create(struct cluster *c, const struct request *request)
{
    g_mutex_lock(&c->mutex);
    enum turn turn = c->turns[MIN(c->creates, c->count - 1)];
    c->creates++;
    g_string_assign(c->head, request->head);
    g_string_truncate(c->body, 0);
    g_string_append_len(c->body, (const char *)request->body->data, (gssize)request->body->len);
    g_free(c->target);
    c->target = g_strdup(request->target);
    g_mutex_unlock(&c->mutex);
    return turn;
}

static void take_file(struct connection *connection, void *context)
{
    struct request request;
    if (!connection_read_head(connection, &request)) return;
    connection_read_body(connection, &request);
    switch (note_create(context, &request)) {
    case TAKES:
        connection_print(connection,
                         "HTTP/1.1 201 Created\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        break;
    case DEAD_RPC:
        refuse(connection, "EOFException");
        break;
    case DENIES:
        refuse(connection, "AccessControlException");
        break;
    case EXISTS:
        refuse(connection, "FileAlreadyExistsException");
        break;
    case CUTS:
        break;
    }
    request_clear(&request);
}

static struct cluster *begin(const enum turn *turns, unsigned count)
{
    struct cluster *c = g_new0(struct cluster, 1);
    g_mutex_init(&c->mutex);
    c->turns = turns;
    c->count = count;
    c->head = g_string_new(NULL);
    c->body = g_string_new(NULL);
    c->namenode = server_new(name_datanode, c);
    c->datanode = server_new(take_file, c);
    c->other = server_new(take_file, c);
    c->world = world_new(server_port(c->namenode), NULL);
    return c;
}

static void end(struct cluster *c)
{
    world_free(c->world);
    server_free(c->namenode);
    if (c->datanode) server_free(c->datanode);
    server_free(c->other);
    kx_error_clear(&c->err);
    g_string_free(c->head, TRUE);
    g_string_free(c->body, TRUE);
    g_free(c->target);
    g_mutex_clear(&c->mutex);
    g_free(c);
}

static int upload(struct cluster *c, bool overwrite, const char *text)
{
    const struct kx_create how = {.overwrite = overwrite, .mode = 0640};
    kx_error_clear(&c->err);
    return kx_upload_small(c->world->client, "/g", &how, text, strlen(text), NULL, &c->err);
}

static void check_asked(struct cluster *c, unsigned redirects, unsigned creates)
{
    g_mutex_lock(&c->mutex);
    const unsigned asked = c->redirects, made = c->creates;
    g_mutex_unlock(&c->mutex);
    assert_int_equal(asked, redirects);
    assert_int_equal(made, creates);
}

static void a_known_datanode_gets_the_next_one(void **state)
{
    (void)state;
    const enum turn turns[] = {TAKES};
    struct cluster *c = begin(turns, 1);
    assert_int_equal(upload(c, true, "one"), 0);
    check_asked(c, 1, 1);
    assert_int_equal(upload(c, false, "second"), 0);
    check_asked(c, 1, 2);
    assert_string_equal(c->body->str, "second");
    assert_string_equal(c->target,
                        "/webhdfs/v1/g?op=CREATE&user.name=root&namenoderpcaddress=nn:8020&"
                        "overwrite=false&createparent=false&permission=640");
    assert_non_null(strstr(c->head->str, "Content-Length: 6"));
    assert_null(strstr(c->head->str, "chunked"));
    assert_int_equal(upload(c, true, ""), 0);
    check_asked(c, 1, 3);
    assert_non_null(strstr(c->head->str, "Content-Length: 0"));
    end(c);
}

static void a_large_file_goes_where_the_namenode_says(void **state)
{
    (void)state;
    const enum turn turns[] = {TAKES};
    struct cluster *c = begin(turns, 1);
    g_autofree char *large = g_strnfill((gsize)KX_UPLOAD_SMALL_BYTES + 1, 'x');
    assert_int_equal(upload(c, true, "small"), 0);
    assert_int_equal(upload(c, true, large), 0);
    check_asked(c, 2, 2);
    assert_string_equal(c->body->str, large);
    assert_non_null(strstr(c->head->str, "chunked"));
    end(c);
}

static void pieces_of_a_small_file_are_one_request(void **state)
{
    (void)state;
    const enum turn turns[] = {TAKES};
    const struct kx_create how = {.overwrite = true};
    struct cluster *c = begin(turns, 1);
    struct kx_upload *one = NULL;
    assert_int_equal(kx_upload_open(c->world->client, "/old", &how, NULL, &one, &c->err), 0);
    assert_int_equal(kx_upload_write(one, "ab", 2, NULL, &c->err), 0);
    assert_int_equal(kx_upload_write(one, "cd", 2, NULL, &c->err), 0);
    check_asked(c, 0, 0);
    assert_false(kx_upload_touched(one));
    kx_upload_follow(one, "/new"); /* its directory was renamed */
    assert_int_equal(kx_upload_finish(one, NULL, &c->err), 0);
    assert_true(kx_upload_touched(one));
    kx_upload_follow(one, "/too late");
    assert_int_equal(kx_upload_finish(one, NULL, &c->err), 0); /* once more: it is done */
    check_asked(c, 1, 1);
    assert_string_equal(c->body->str, "abcd");
    kx_upload_close(one);
    assert_int_equal(kx_upload_open(c->world->client, "/f", &how, NULL, &one, &c->err), 0);
    assert_int_equal(kx_upload_write(one, "ab", 2, NULL, &c->err), 0);
    kx_upload_close(one); /* nobody hears of it */
    check_asked(c, 1, 1);
    end(c);
}

static void one_that_is_gone_is_left_at_once(void **state)
{
    (void)state;
    const enum turn turns[] = {TAKES};
    struct cluster *c = begin(turns, 1);
    assert_int_equal(upload(c, true, "one"), 0);
    g_clear_pointer(&c->datanode, server_free);
    c->to_other = true;
    assert_int_equal(upload(c, true, "two"), 0);
    check_asked(c, 2, 2);
    assert_int_equal(upload(c, true, "three"), 0); /* by the other one */
    check_asked(c, 2, 3);
    assert_string_equal(c->body->str, "three");
    end(c);
}

/* Whatever it says: a redirect may lead to one that can. */
static void what_it_refuses_the_namenode_is_asked_for(void **state)
{
    (void)state;
    const enum turn turns[] = {TAKES, DENIES, TAKES, TAKES, DENIES, DENIES};
    struct cluster *c = begin(turns, 6);
    assert_int_equal(upload(c, true, "one"), 0);
    assert_int_equal(upload(c, true, "two"), 0);
    check_asked(c, 2, 3);
    assert_string_equal(c->body->str, "two");
    assert_int_equal(upload(c, true, "three"), 0); /* learned again */
    check_asked(c, 2, 4);
    assert_int_equal(upload(c, true, "four"), -EACCES);
    check_asked(c, 3, 6);
    assert_string_equal(c->err.exception, "AccessControlException");
    end(c);
}

static void what_exists_exists(void **state)
{
    (void)state;
    const enum turn turns[] = {TAKES, EXISTS};
    struct cluster *c = begin(turns, 2);
    assert_int_equal(upload(c, true, "one"), 0);
    assert_int_equal(upload(c, false, "two"), -EEXIST);
    check_asked(c, 1, 2);
    end(c);
}

static void a_cut_is_an_error_and_it_is_forgotten(void **state)
{
    (void)state;
    const enum turn turns[] = {TAKES, CUTS, TAKES};
    struct cluster *c = begin(turns, 3);
    assert_int_equal(upload(c, true, "one"), 0);
    assert_int_equal(upload(c, true, "two"), -EIO);
    check_asked(c, 1, 2);
    assert_int_equal(upload(c, true, "three"), 0);
    check_asked(c, 2, 3);
    end(c);
}

static void who_fails_always_is_not_asked_any_more(void **state)
{
    (void)state;
    enum turn turns[20];
    for (size_t i = 0; i < G_N_ELEMENTS(turns); i++)
        turns[i] = i % 2 && i < 2 * KX_KNOWN_FAILED ? DENIES : TAKES;
    struct cluster *c = begin(turns, G_N_ELEMENTS(turns));
    for (unsigned i = 0; i <= KX_KNOWN_FAILED; i++)
        assert_int_equal(upload(c, true, "x"), 0);
    unsigned redirects = c->redirects, creates = c->creates;
    assert_int_equal(creates, 2 * KX_KNOWN_FAILED + 1);
    assert_int_equal(upload(c, true, "x"), 0);
    assert_int_equal(upload(c, true, "x"), 0);
    check_asked(c, redirects + 2, creates + 2);
    end(c);
}

/* The DataNode's connection to a NameNode that was restarted. */
static void what_is_still_here_is_sent_again(void **state)
{
    (void)state;
    const enum turn turns[] = {DEAD_RPC, DEAD_RPC, TAKES};
    const struct kx_create how = {.overwrite = true};
    struct cluster *c = begin(turns, 3);
    assert_int_equal(upload(c, true, "small"), 0);
    check_asked(c, 3, 3);
    assert_string_equal(c->body->str, "small");
    end(c);
    c = begin(turns, 3);
    struct kx_upload *one = NULL;
    g_autofree char *large = g_strnfill((gsize)KX_UPLOAD_SMALL_BYTES + 1, 'x');
    assert_int_equal(kx_upload_open(c->world->client, "/f", &how, NULL, &one, &c->err), 0);
    assert_int_equal(kx_upload_write(one, large, strlen(large), NULL, &c->err), 0);
    assert_int_equal(kx_upload_write(one, "end", 3, NULL, &c->err), 0);
    assert_int_equal(kx_upload_finish(one, NULL, &c->err), 0);
    check_asked(c, 3, 3);
    assert_int_equal(c->body->len, strlen(large) + 3);
    assert_true(g_str_has_suffix(c->body->str, "xxend"));
    kx_upload_close(one);
    end(c);
}

static void what_is_not_here_any_more_is_an_error(void **state)
{
    (void)state;
    const enum turn turns[] = {DEAD_RPC, TAKES};
    struct cluster *c = begin(turns, 2);
    g_autofree char *large = g_strnfill((gsize)KX_UPLOAD_KEPT_BYTES + 1, 'x');
    assert_int_equal(upload(c, true, large), -EIO);
    check_asked(c, 1, 1);
    end(c);
}

static void interrupted_it_begins_anew(void **state)
{
    (void)state;
    const enum turn turns[] = {TAKES};
    const struct kx_create how = {.overwrite = true};
    struct cluster *c = begin(turns, 1);
    struct kx_cancel *cancel = kx_cancel_new();
    const struct kx_call call = {.cancel = cancel};
    struct kx_upload *one = NULL;
    assert_int_equal(kx_upload_open(c->world->client, "/f", &how, NULL, &one, &c->err), 0);
    assert_int_equal(kx_upload_write(one, "ab", 2, NULL, &c->err), 0);
    kx_cancel_fire(cancel);
    assert_int_equal(kx_upload_finish(one, &call, &c->err), -EINTR);
    assert_true(kx_upload_touched(one)); /* the request's head may be out */
    assert_int_equal(kx_upload_finish(one, NULL, &c->err), 0);
    assert_string_equal(c->body->str, "ab");
    kx_upload_close(one);
    kx_cancel_unref(cancel);
    end(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_datanode_gets_the_next_one),
        cmocka_unit_test(a_large_file_goes_where_the_namenode_says),
        cmocka_unit_test(pieces_of_a_small_file_are_one_request),
        cmocka_unit_test(one_that_is_gone_is_left_at_once),
        cmocka_unit_test(what_it_refuses_the_namenode_is_asked_for),
        cmocka_unit_test(what_exists_exists),
        cmocka_unit_test(a_cut_is_an_error_and_it_is_forgotten),
        cmocka_unit_test(who_fails_always_is_not_asked_any_more),
        cmocka_unit_test(what_is_still_here_is_sent_again),
        cmocka_unit_test(what_is_not_here_any_more_is_an_error),
        cmocka_unit_test(interrupted_it_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
