/* What the files client*.c share. Nobody else includes it.
 * Threads: constant after kx_client_new, but for the features, which are atomic, and the suspects,
 * the DataNodes, the sums and the silence, which have locks of their own. */
#pragma once
#include "rest/client.h"
#include "rest/datanodes.h"
#include "rest/features.h"
#include "rest/silence.h"
#include "rest/suspects.h"

struct kx_client {
    struct kx_client_config config; /* borrowed members only; the copies are below */
    struct kx_endpoint endpoint;
    char *user;
    struct kx_http *http;
    struct kx_features features;
    struct kx_suspects *suspects;
    struct kx_datanodes *datanodes;
    struct kx_sums *sums;
    struct kx_silence silence;
    atomic_uint_least64_t sent[KX_OP_COUNT]; /* requests */
};

/** May what answers at @url be a DataNode whose transfer name the server tells? HttpFS redirects
 * nowhere and a gateway to itself; not every server has GET_BLOCK_LOCATIONS. */
bool kx_client_can_suspect(struct kx_client *client, const char *url);
