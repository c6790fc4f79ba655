/* An Oozie client of a replayed server, made before and checked after each test. */
#pragma once
#include "oozie/oozie.h"
#include "scene.h"

struct office {
    struct scene *scene;
    struct kx_oozie *oozie;
    struct kx_error *err; /* the scene's */
};

int office_setup(void **state);
int office_teardown(void **state);

/** Serve a recording of tests/fixtures/oozie. */
void office_load(struct office *office, const char *name);

/** What an answer to "/versions" costs once. */
void office_versions(struct office *office, const char *versions);

/** Another user instead. */
void office_user(struct office *office, const char *user);

/** An id that is one. Cleared by the caller. */
struct kx_job_id office_id(const char *text);

#define office_test(function)                                                                      \
    cmocka_unit_test_setup_teardown(function, office_setup, office_teardown)
