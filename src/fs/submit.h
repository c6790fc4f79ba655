/* One submission: values, application, request.
 * Threads: any. */
#pragma once
#include "fs/services.h"
#include "rest/configuration.h"

#define KX_DEFAULTS_FILE "/.oozie/submit/defaults.properties"

struct kx_submit {
    struct kx_client *client; /* borrowed, all of them */
    struct kx_oozie *oozie;
    const struct kx_configuration *values; /* under what the document says */
    const char *where;                     /* the file where values are written that are missing */
    const struct kx_call *call;
    bool last; /* an XML text that is not complete is refused, else -EAGAIN */
    enum kx_oozie_how how;
    const GPtrArray *beside; /* of struct kx_submit_file: what goes with it; NULL: nothing */
};

/* A file of an application. */
struct kx_submit_file {
    char *name; /* owned: "lib/a.jar" */
    GBytes *text;
};
#define KX_SUBMIT_PLACE "applicationPath" /* the value that says where the application was put */

/** Submit a workflow, coordinator or bundle, or properties that name one.
 *  @out owned: the job's id.  @return 0; -EAGAIN; -errno with the reason. */
int kx_submit_xml(const struct kx_submit *submit, GBytes *text, char **out, struct kx_error *err);
int kx_submit_properties(const struct kx_submit *submit, GBytes *text, char **out,
                         struct kx_error *err);

/** Add what can be learned of the cluster: nameNode, resourceManager and jobTracker, from the
 * ResourceManager's /conf; and the user. What cannot be learned is left out. */
void kx_submit_learn(struct kx_services *services, struct kx_client *client,
                     const struct kx_call *call, struct kx_configuration *values);

/** Have Oozie call URL + id when a job changes, where the values do not say otherwise. What a
 * coordinator or a bundle was submitted with goes on to its workflows. */
void kx_submit_call_back(const char *url, struct kx_configuration *values);
