#include "office.h"

static void open_office(struct office *office)
{
    g_autofree char *base =
        g_strdup_printf("http://127.0.0.1:%d/oozie", replay_port(office->scene->replay));
    office->oozie = kx_oozie_new(office->scene->client, base);
}

int office_setup(void **state)
{
    struct office *office = g_new0(struct office, 1);
    void *scene = NULL;
    scene_setup(&scene);
    office->scene = scene;
    office->err = &office->scene->err;
    open_office(office);
    *state = office;
    return 0;
}

int office_teardown(void **state)
{
    struct office *office = *state;
    void *scene = office->scene;
    kx_oozie_free(office->oozie);
    g_free(office);
    return scene_teardown(&scene);
}

void office_load(struct office *office, const char *name)
{
    g_autofree char *path = g_strconcat("../oozie/", name, NULL);
    replay_load(office->scene->replay, path);
}

void office_versions(struct office *office, const char *versions)
{
    replay_answer(office->scene->replay, "GET", "/oozie/versions?user.name=root", 200, versions);
}

void office_user(struct office *office, const char *user)
{
    kx_oozie_free(office->oozie);
    scene_user(office->scene, user);
    open_office(office);
}

struct kx_job_id office_id(const char *text)
{
    struct kx_job_id id = {0};
    if (kx_job_id_parse(text, &id, NULL) != 0) fail_msg("%s is no id", text);
    return id;
}
