/* Who has asked for something: the user and the process of a kernel's request, for the audit and
 * the errors.
 *
 * Threads: any. */
#pragma once
#include <sys/types.h>

struct kx_asker {
    uid_t user;
    pid_t process; /* 0: the kernel itself (read-ahead, release) */
};

/** What the kernel calls a process's program, read from /proc and escaped as in C.
 *  @return owned; "" when it has ended or is none. */
char *kx_asker_program(pid_t process);
