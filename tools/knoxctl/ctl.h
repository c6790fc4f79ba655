/* What the files of knoxctl share: one run of the program, and its table of commands, from which
 * parsing, --help, the manual page and the shell's completion are made.
 *
 * Results go to stdout, talk to stderr. Threads: the main thread only. */
#pragma once
#include <glib.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/secret.h"
#include "conf/options.h"

/* The exit status, the same for all commands. */
enum kx_exit {
    KX_EXIT_DONE,
    KX_EXIT_FAILED,      /* or a part of it */
    KX_EXIT_USAGE,       /* the command line, or what it names, makes no sense */
    KX_EXIT_MISSING,     /* not found */
    KX_EXIT_DENIED,      /* not allowed, or the login was refused */
    KX_EXIT_UNREACHABLE, /* the server, or in time */
    KX_EXIT_CONFLICT     /* it exists, is busy, or in another state */
};

/** The status of a failure. */
enum kx_exit kx_exit_of(const struct kx_error *err);

struct kx_ctl {
    char *endpoint;          /* from the global options or the environment; NULL: not given */
    const char *from;        /* "option" or "environment": where that is from */
    const char *proxy;       /* of pyox's environment; NULL: none */
    GPtrArray *words;        /* of the options' table, "NAME=VALUE", owned strings */
    struct kx_secret *typed; /* USER:PASSWORD of --auth or HADOOP_AUTH; or NULL */
    bool help, version;
    int verbose;
};
void kx_ctl_clear(struct kx_ctl *ctl);

/** Take the global options, up to the command; what is taken goes out of argv. A password in argv
 * or in the environment is wiped there.  @return 0; -EINVAL with what is wrong. */
int kx_globals_take(struct kx_ctl *ctl, int *argc, char ***argv, struct kx_error *err);

/** Their list: for --help (@manual false) or the manual page's source.  @return owned. */
char *kx_globals_text(bool manual);
/** Each as "--name", NULL-terminated.  @return owned. */
char **kx_globals_names(void);

/* One option of a command. */
struct kx_ctl_flag {
    const char *name;  /* without "--"; NULL ends the list */
    const char *value; /* what stands for its value; NULL: a switch */
    const char *help;
};

/* What a command is called with. All members are borrowed. */
struct kx_ctl_call {
    struct kx_ctl *ctl;
    const struct kx_ctl_command *command;
    const char *const *operands; /* NULL-terminated */
    GHashTable *flags;           /* name -> value ("" of a switch) */
};

struct kx_ctl_command {
    const char *name;
    const char *operands; /* "[NAME|URL]" */
    guint least, most;    /* how many of them */
    const char *help;     /* one line, without a full stop */
    const char *more;     /* paragraphs, in plain text with one line each; may be NULL */
    const struct kx_ctl_flag *flags;
    int (*run)(const struct kx_ctl_call *call); /* @return enum kx_exit */
};
const struct kx_ctl_command *kx_ctl_commands(size_t *count);

/** --help of the program (@command NULL) or of one command, the manual page's source, the file for
 * bash-completion.  @return owned. */
char *kx_ctl_help(const struct kx_ctl_command *command);
char *kx_ctl_manual(void);
char *kx_ctl_completion(void);

/** The options in effect for @endpoint (NULL: the global one, which may be NULL, too). "NAME" is
 * "NAME:" of a profile.  @out cleared by the caller after 0. */
int kx_ctl_options(const struct kx_ctl *ctl, const char *endpoint, struct kx_options *out,
                   struct kx_error *err);

/** "knoxctl: LINE" on stderr.  @return kx_exit_of. */
int kx_ctl_complain(const struct kx_error *err);

int kx_ctl_config(const struct kx_ctl_call *call);
int kx_ctl_doctor(const struct kx_ctl_call *call);
