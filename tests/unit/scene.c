#include "scene.h"

int scene_setup(void **state)
{
    struct scene *scene = g_new0(struct scene, 1);
    scene->replay = replay_new();
    scene->world = world_new(replay_port(scene->replay), NULL);
    scene->client = scene->world->client;
    *state = scene;
    return 0;
}

int scene_teardown(void **state)
{
    struct scene *scene = *state;
    struct replay *replay = scene->replay;
    world_free(scene->world);
    kx_error_clear(&scene->err);
    g_free(scene);
    replay_free(replay);
    return 0;
}

void scene_user(struct scene *scene, const char *user)
{
    const struct world_options options = {.user = user};
    world_free(scene->world);
    scene->world = world_new(replay_port(scene->replay), &options);
    scene->client = scene->world->client;
}

void scene_expect(const struct scene *scene, int rc, int expected)
{
    if (rc == expected) return;
    g_autofree char *line = kx_error_format(&scene->err);
    fail_msg("%d instead of %d: %s", rc, expected, line);
}
