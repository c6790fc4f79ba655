/* The command line as a table: one row an option, from which parsing, --help and the man page's
 * list are made.
 *
 * Threads: used before any thread starts.  Ownership: strings are owned by the struct. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/log.h"

enum kx_write_how {
    KX_WRITE_DIRECT,   /* close() returns when the server has the file */
    KX_WRITE_BACK,     /* ... when the local disk has it */
    KX_WRITE_EXCLUSIVE /* as direct, and never over what another client has changed */
};

enum kx_excl_how {
    KX_EXCL_CLOSE, /* O_EXCL: who closes first has the name; others get EEXIST at close */
    KX_EXCL_OPEN   /* ... who opens first: an empty file is there until it is closed */
};

struct kx_options {
    char *endpoint; /* as given */
    char *mountpoint;
    char *service; /* what the endpoint stands for: one URL, or several of one service with commas
                      between */
    char *root; /* the directory that was given with a profile's name, absolute; NULL: the URL's */
    char *config; /* the file of profiles; NULL: the usual ones */
    bool foreground, debug, help, version;
    bool by_mount, fake; /* mount(8) has called us; it is only to see that the options are right */

    bool read_only, allow_other, default_permissions;
    bool sync_block; /* DataNodes write the blocks of new files to their disks */
    bool verify;     /* what is sent, and read whole, is compared with the server's checksum */
    int64_t read_ahead_bytes; /* the kernel's, of this mount */
    double attr_timeout_s, entry_timeout_s, dir_timeout_s, negative_timeout_s;
    int64_t uid, gid; /* -1: from the owner's and group's names */
    char *user;       /* user.name; NULL: who runs it */
    int64_t timeout_ms, data_timeout_ms, connect_timeout_ms;
    int64_t replication, block_bytes; /* of new files; 0: the server's */
    char *stage_dir;                  /* folder of local copies */
    int64_t stage_max_bytes;          /* of them all; 0: what the disk has */
    enum kx_write_how write;
    enum kx_excl_how excl;
    int64_t parallel_upload;    /* streams of one file; 0: one */
    int64_t streams;            /* of one reader in order at most; 0: as the way is worth */
    bool hedge;                 /* a range that is late is asked of another DataNode, too */
    int64_t mem_bytes;          /* for file bytes on their way, together */
    int64_t unmount_timeout_ms; /* how long the end waits for uploads */
    char *fsname;               /* first column of df and mount; NULL: the endpoint */
    enum kx_log_level log_level;
    char *log_file;    /* NULL: syslog, or stderr with -f */
    char *audit_file;  /* where every change goes, too; NULL: none */
    char *record_file; /* where exchanges with servers go; NULL: none */
    /* the login: at most one of those with a password or a token (login.h) */
    char *auth_file, *auth_command, *netrc, *credential;
    bool ask_password;
    char *token_file, *token_url, *delegation_file, *keytab, *principal;
    /* how servers are reached and known */
    char *cacert, *pin, *cert, *key;
    bool insecure_tls;
    char *proxy, *no_proxy, *datanode_map;
    char *vroot; /* the directory of the virtual trees; NULL: the mount's root */
    bool hide_virtual, no_virtual;
    char *callback; /* "http://HOST:PORT" where Oozie tells of jobs; NULL: it does not */
    char *oozie, *yarn, *jobhistory; /* URLs, or "none"; NULL: derived from the endpoint */
    GHashTable *given; /* name of an option that was given -> by what ("option", "environment",
                          "FILE:LINE"); "endpoint" where it was looked up */
    GPtrArray
        *kernel; /* options that mount(8) knows and the kernel does ("nosuid"), owned strings */
};

/** Read argv. Values are checked for type and range.  @return 0; -EINVAL with the option's name,
 * the reason and what is right. With --help or --version the operands may be missing. A program
 * whose name begins with "mount." understands what mount(8) gives to its helpers. */
int kx_options_parse(int argc, char **argv, struct kx_options *out, struct kx_error *err);

/** The same for other programs, which have no mount point: what ENDPOINT and words of -o mean.
 *  @endpoint may be NULL: defaults, the environment and the words alone.  @words "NAME[=VALUE]",
 * owned strings. */
int kx_options_read(const char *endpoint, const GPtrArray *words, struct kx_options *out,
                    struct kx_error *err);
void kx_options_clear(struct kx_options *options);

/* What can be changed while a program runs. */
struct kx_options_now {
    enum kx_log_level level;
    bool read_only;
};

/** What is in effect, one line an option: name, value, and where it is from ("default", "option",
 * or "ctl" for what is not the option's any more), with tabs between. Nothing secret.
 * @now NULL: nothing was changed.  @return owned. */
char *kx_options_show(const struct kx_options *options, const struct kx_options_now *now);

/** The text of --help, and the same table in the man page's source (scdoc).  @return owned. */
char *kx_options_help(void);
char *kx_options_manual(void);
