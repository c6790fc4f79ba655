/* One submission: values, application, request.
 * Threads: any. */
#pragma once
#include "fs/services.h"
#include "rest/configuration.h"

#define KX_DEFAULTS_FILE "/.oozie/submit/defaults.properties"

struct kx_submit {
    struct kx_client *client; /* borrowed, all of them */
    struct kx_oozie *oozie;
    const struct kx_configuration *defaults; /* under what the document says */
    const struct kx_call *call;
    bool last; /* an XML text that is not complete is refused, else -EAGAIN */
};

/** Submit a workflow, coordinator or bundle, or properties that name one.
 *  @out owned: the job's id.  @return 0; -EAGAIN; -errno with the reason. */
int kx_submit_xml(const struct kx_submit *submit, GBytes *text, char **out, struct kx_error *err);
int kx_submit_properties(const struct kx_submit *submit, GBytes *text, char **out,
                         struct kx_error *err);

/** Add what can be learned of the cluster: nameNode, resourceManager and jobTracker, from the
 * ResourceManager's /conf; and the user. What cannot be learned is left out. */
void kx_submit_learn(struct kx_services *services, struct kx_client *client,
                     const struct kx_call *call, struct kx_configuration *values);
