/* A server that answers as a recorded one did: each exchange once, found by its method, path and
 * parameters, with the recorded status, headers, framing, 100 Continue and closing. A Location that
 * names a recorded server is made to name this one, so that redirects come back here.
 *
 * Threads: the functions are called by the test, also while requests are served. */
#pragma once
#include <glib.h>
#include <stdbool.h>

struct replay;

struct replay *replay_new(void);

/** Ends it; the test fails when a request came that no exchange fits, or an exchange was left. */
void replay_free(struct replay *replay);

int replay_port(const struct replay *replay);

/** Serve the exchanges of a recording. */
void replay_load(struct replay *replay, const char *name);

/** As replay_load, but the answer to the last exchange never comes: the connection is cut. */
void replay_load_cut(struct replay *replay, const char *name);

/** Serve an answer that is not recorded; status 0: cut the connection instead. */
void replay_answer(struct replay *replay, const char *method, const char *target, int status,
                   const char *body);

/** Serve a redirect that is not recorded, back to here.  @to path and parameters. */
void replay_redirect(struct replay *replay, const char *method, const char *target, const char *to);

/** Let a parameter differ from the recording, or be there on one side only. */
void replay_tolerate(struct replay *replay, const char *parameter);

/** How many requests were served, and the body of the last one that had a body (owned). */
unsigned replay_requests(struct replay *replay);
GBytes *replay_body(struct replay *replay);
