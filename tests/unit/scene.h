/* A client and a replayed server, made before and checked after each test. */
#pragma once
#include "replay.h"
#include "rest/features.h"
#include "rest/webhdfs.h"
#include "support.h"

struct scene {
    struct replay *replay;
    struct world *world;
    struct kx_client *client; /* the world's */
    struct kx_error err;
};

/** A cmocka setup: *state is a struct scene * whose client is the user root; scene_teardown. */
int scene_setup(void **state);
int scene_teardown(void **state);

/** Another client instead, of another user. */
void scene_user(struct scene *scene, const char *user);

/** The number was expected; the error is shown otherwise. */
void scene_expect(const struct scene *scene, int rc, int expected);

#define scene_test(function) cmocka_unit_test_setup_teardown(function, scene_setup, scene_teardown)
