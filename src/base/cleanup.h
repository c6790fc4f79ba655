/* Cleanup by scope for our own structs: KX_DEFINE_AUTOPTR(kx_pool, kx_pool_free) lets
 * `g_autoptr(kx_pool) pool = ...;` free it.
 * Threads: a scope belongs to one. */
#pragma once
#include <glib.h>

#define KX_DEFINE_AUTOPTR(name, free_function)                                                     \
    typedef struct name name;                                                                      \
    G_DEFINE_AUTOPTR_CLEANUP_FUNC(name, free_function)
