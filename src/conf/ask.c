#include "conf/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024

static const int ENDING[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};

/* Is there more of the line? A signal that would end the program is none. */
static bool wait_for(int fd, int signals)
{
    struct pollfd both[] = {{.fd = fd, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    while (poll(both, G_N_ELEMENTS(both), -1) < 0)
        if (errno != EINTR) return false;
    return !both[1].revents;
}

/* One line, byte by byte: nothing behind it is taken.  @return its length, or -1. */
static ssize_t read_line(int fd, int signals, char *line, size_t size)
{
    size_t length = 0;
    while (length < size && wait_for(fd, signals)) {
        ssize_t got = read(fd, line + length, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return -1;
        if (line[length] == '\n') return (ssize_t)length;
        length++;
    }
    return -1;
}

/* A terminal does not stay without its echo: Ctrl-C counts when it has it again. */
static ssize_t ask(int fd, const char *question, bool echo, char *line, size_t size)
{
    struct termios before, now;
    sigset_t ending, old;
    sigemptyset(&ending);
    for (size_t i = 0; i < G_N_ELEMENTS(ENDING); i++)
        sigaddset(&ending, ENDING[i]);
    pthread_sigmask(SIG_BLOCK, &ending, &old);
    int signals = signalfd(-1, &ending, SFD_CLOEXEC);
    bool known = tcgetattr(fd, &before) == 0;
    now = before;
    now.c_lflag &= ~(tcflag_t)ECHO;
    if (known && !echo) tcsetattr(fd, TCSAFLUSH, &now);
    dprintf(fd, "%s", question);
    ssize_t length = read_line(fd, signals, line, size);
    if (known && !echo) {
        tcsetattr(fd, TCSAFLUSH, &before);
        dprintf(fd, "\n");
    }
    if (signals >= 0) close(signals);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return length;
}

int kx_ask_password(const char *user, struct kx_secret **out, struct kx_error *err)
{
    char line[2 * LINE_MAX_BYTES];
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return kx_error_set(err, ENOTTY, "-o ask_password: there is no terminal to ask on");
    ssize_t name = user ? (ssize_t)g_strlcpy(line, user, LINE_MAX_BYTES)
                        : ask(fd, "knoxfs: user: ", true, line, LINE_MAX_BYTES - 1);
    ssize_t password = -1;
    if (name > 0 && name < LINE_MAX_BYTES) {
        line[name] = ':';
        password = ask(fd, "knoxfs: password: ", false, line + name + 1, LINE_MAX_BYTES - 1);
    }
    close(fd);
    int rc = 0;
    if (password < 0)
        rc = kx_error_set(err, EINVAL, "-o ask_password: nothing was typed");
    else
        *out = kx_secret_new(line, (size_t)(name + 1 + password));
    kx_wipe(line, sizeof line);
    return rc;
}
