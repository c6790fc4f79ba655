/* Addresses that mean another machine to each who uses them: loopback, and the wire that a machine
 * is on. What a server says of such a place is true for the server, and false here.
 *
 * Told by how it is written; no name is looked up. Threads: pure functions. */
#pragma once

enum kx_near {
    KX_NEAR_NOT,     /* the same for everybody, or a name that may be anything */
    KX_NEAR_MACHINE, /* 127.0.0.0/8, 0.0.0.0/8, ::1, ::, localhost and all below it */
    KX_NEAR_WIRE     /* 169.254.0.0/16, fe80::/10: also where clouds tell a machine its secrets */
};

/** @host a name or an address, IPv6 without brackets. Every spelling that the resolver takes for
 * such an address is one: "127.1", "2130706433", "::ffff:127.0.0.1", "LOCALHOST.". */
enum kx_near kx_near_of(const char *host);
