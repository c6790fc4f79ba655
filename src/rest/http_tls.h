/* Bytes that came by TLS, from OpenSSL itself: of bodies (http_socket.c), as what libcurl has
 * deciphered passes through its buffer, a record (16 KiB) a turn of its machinery; and of answers
 * that libcurl does not read any more (http_salvage.c).
 *
 * Threads: one session by one thread at a time, the one that moves the transfer. Nothing waits. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <curl/curl.h>

/**
 * The session of TLS that libcurl has for a transfer; within one of its callbacks only, but for
 * those from within OpenSSL.
 *
 * @return the session, libcurl's; NULL: there is none, or libcurl is built with another library
 * than this program, or with another version of it.
 */
void *kx_tls_session(CURL *easy);

/**
 * Takes the session of TLS that libcurl has for a transfer whose body is under way, so that
 * kx_tls_receive can go on where libcurl has stopped. Afterwards libcurl must do nothing with the
 * connection but close it.
 *
 * @param fd  the connection's socket, which stays libcurl's.
 * @return as kx_tls_session; where it is NULL, nothing has changed.
 */
void *kx_tls_take(CURL *easy, int fd);

/**
 * Receives what is there, like recvmsg without waiting: as long as there are whole records and
 * room. All that has come is looked at before EAGAIN, so who got that can wait for the socket.
 *
 * @return bytes; 0: the server has ended the stream, with or without TLS's own farewell (who knows
 * the length can tell); -1 with errno: EAGAIN, or EIO for what cannot be deciphered.
 */
ssize_t kx_tls_receive(void *session, const struct iovec *room, int count);
