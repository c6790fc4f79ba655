#include "fs/background.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Wait for the child's word or its end.  @return the exit status to pass on. */
static int wait_for_child(pid_t child, int pipe_end)
{
    char word;
    ssize_t n;
    do
        n = read(pipe_end, &word, 1);
    while (n < 0 && errno == EINTR);
    if (n == 1) return EXIT_SUCCESS;
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

int kx_background_enter(struct kx_background *out, bool background, struct kx_error *err)
{
    *out = (struct kx_background){.pipe = -1};
    if (!background) return 0;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return kx_error_set(err, errno, "cannot make a pipe: %s", g_strerror(errno));
    pid_t child = fork();
    if (child < 0) {
        int code = errno;
        close(ends[0]), close(ends[1]);
        return kx_error_set(err, code, "cannot go into the background: %s", g_strerror(code));
    }
    if (child == 0) {
        close(ends[0]);
        out->pipe = ends[1];
        setsid();
        return 0;
    }
    close(ends[1]);
    out->parent = true;
    out->status = wait_for_child(child, ends[0]);
    close(ends[0]);
    return 0;
}

void kx_background_ready(struct kx_background *background)
{
    if (background->pipe < 0) return;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; null >= 0 && fd <= 2; fd++)
        dup2(null, fd);
    if (null > 2) close(null);
    if (chdir("/") != 0) { /* the directory we were called in stays busy: harmless */
    }
    ssize_t told = write(background->pipe, "+", 1);
    (void)told; /* a parent that has gone does not matter */
    close(background->pipe);
    background->pipe = -1;
}
