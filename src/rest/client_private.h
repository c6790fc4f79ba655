/* What client.c and client_run.c share. Nobody else includes it.
 * Threads: constant after kx_client_new, but for the features, which are atomic. */
#pragma once
#include "rest/client.h"
#include "rest/features.h"

struct kx_client {
    struct kx_client_config config; /* borrowed members only; the copies are below */
    struct kx_endpoint endpoint;
    char *user;
    struct kx_http *http;
    struct kx_features features;
};
