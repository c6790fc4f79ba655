/* Whether a process that closes a descriptor has another one of the same file.
 *
 * close(2) reaches a FUSE driver once a descriptor, and nothing says which is the last: a shell
 * that runs `cmd > file` opens it, duplicates it and closes the first one before anything was
 * written. Publishing an empty file then would show it to others, and leave it behind after a
 * crash. Linux (5.14 and later) tells by /proc/PID/fdinfo. Threads: any.  Blocking: reads /proc
 * only. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** @device st_dev of the mount (0: not known, then it is not compared), @ino st_ino of the file.
 * @return true when the process has a descriptor of it that is open for writing; false also when
 * that cannot be known (an old kernel, another user's process, another PID namespace). */
bool kx_descriptors_left(pid_t pid, dev_t device, uint64_t ino);
