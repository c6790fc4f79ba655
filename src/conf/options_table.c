#include "conf/options_table.h"

#define AT(member) KX_OPTION_AT(member)

static const struct kx_option_row ROWS[] = {
    {"ro", KX_OPTION_FLAG, AT(read_only), NULL, "read only: every change is refused with EROFS", 0,
     0},
    {"user", KX_OPTION_TEXT, AT(user), "NAME",
     "who to be on the cluster (without a password or token; default: who runs knoxfs)", 0, 0},
    {"config", KX_OPTION_TEXT, AT(config), "FILE",
     "read profiles from FILE only (default: /etc/knoxfs.conf and ~/.config/knoxfs/knoxfs.conf)", 0,
     0},
    {"auth_file", KX_OPTION_TEXT, AT(auth_file), "FILE",
     "log in with USER:PASSWORD, the one line of FILE (mode 0600)", 0, 0},
    {"auth_command", KX_OPTION_SECRET, AT(auth_command), "COMMAND",
     "log in with the line USER:PASSWORD that COMMAND prints", 0, 0},
    {"netrc", KX_OPTION_TEXT, AT(netrc), "FILE",
     "log in with what FILE (mode 0600) says of the endpoint's host", 0, 0},
    {"credential", KX_OPTION_TEXT, AT(credential), "NAME",
     "log in with USER:PASSWORD of systemd's credential NAME (LoadCredential=)", 0, 0},
    {"ask_password", KX_OPTION_FLAG, AT(ask_password), NULL,
     "ask for the password of `user` on the terminal", 0, 0},
    {"token_file", KX_OPTION_TEXT, AT(token_file), "FILE",
     "log in with the bearer token (JWT) in FILE (mode 0600), read again whenever it changes", 0,
     0},
    {"token_url", KX_OPTION_TEXT, AT(token_url), "URL",
     "log in with tokens that Knox gives at URL (.../knoxtoken/api/v1/token) for the password, or "
     "for a Kerberos ticket",
     0, 0},
    {"delegation_file", KX_OPTION_TEXT, AT(delegation_file), "FILE",
     "log in with the delegation token of HDFS in FILE (mode 0600)", 0, 0},
    {"keytab", KX_OPTION_TEXT, AT(keytab), "FILE",
     "log in by Kerberos with a key in FILE (mode 0600; without it: with the ticket of kinit, "
     "where "
     "the server wants one)",
     0, 0},
    {"principal", KX_OPTION_TEXT, AT(principal), "NAME[@REALM]",
     "log in by Kerberos as NAME (default: the first one in keytab, or the ticket cache's own)", 0,
     0},
    {"cacert", KX_OPTION_TEXT, AT(cacert), "FILE",
     "trust only servers whose certificate is signed by one in FILE (PEM)", 0, 0},
    {"pin", KX_OPTION_TEXT, AT(pin), "sha256//HASH",
     "trust only the server whose public key has this hash (base64)", 0, 0},
    {"cert", KX_OPTION_TEXT, AT(cert), "FILE", "our own certificate for TLS (PEM)", 0, 0},
    {"key", KX_OPTION_TEXT, AT(key), "FILE", "its key (PEM; default: in the file of cert)", 0, 0},
    {"insecure_tls", KX_OPTION_FLAG, AT(insecure_tls), NULL,
     "do not look at the server's certificate: anybody on the way can read and change everything",
     0, 0},
    {"datanode_map", KX_OPTION_TEXT, AT(datanode_map), "FROM=TO",
     "reach DataNodes that are called FROM (HOST or HOST:PORT; an asterisk: all) at TO; several "
     "with ;",
     0, 0},
    {"proxy", KX_OPTION_PROXY, AT(proxy), "URL",
     "reach servers by this proxy: http, https, socks4, socks5, socks5h (default: the "
     "environment's)",
     0, 0},
    {"no_proxy", KX_OPTION_TEXT, AT(no_proxy), "HOSTS", "reach these without it (commas as \\,)", 0,
     0},
    {"attr_timeout", KX_OPTION_SECONDS, AT(attr_timeout_s), "S",
     "how long attributes count as true (default 1)", 0, 86400},
    {"entry_timeout", KX_OPTION_SECONDS, AT(entry_timeout_s), "S",
     "how long a name counts as there (default 1)", 0, 86400},
    {"dir_timeout", KX_OPTION_SECONDS, AT(dir_timeout_s), "S",
     "how long the name of a directory does on the way to what is in it (default 10; never less "
     "than entry_timeout, nor more when that is 0)",
     0, 86400},
    {"negative_timeout", KX_OPTION_SECONDS, AT(negative_timeout_s), "S",
     "how long a name counts as not there (default 1)", 0, 86400},
    {"uid", KX_OPTION_NUMBER, AT(uid), "N",
     "all files belong to user N here (default: by the owner's name)", 0, UINT32_MAX - 1},
    {"gid", KX_OPTION_NUMBER, AT(gid), "N",
     "all files belong to group N here (default: by the group's name)", 0, UINT32_MAX - 1},
    {"allow_other", KX_OPTION_FLAG, AT(allow_other), NULL,
     "other local users may use the mount (as the same cluster user)", 0, 0},
    {"default_permissions", KX_OPTION_FLAG, AT(default_permissions), NULL,
     "the kernel checks modes too, not only the cluster", 0, 0},
    {"timeout", KX_OPTION_SECONDS, AT(timeout_ms), "S",
     "of an operation on names or a question to a service, repetitions included (default 30)", 1,
     3600},
    {"data_timeout", KX_OPTION_SECONDS, AT(data_timeout_ms), "S",
     "without progress of reading or writing (default 60)", 1, 86400},
    {"connect_timeout", KX_OPTION_SECONDS, AT(connect_timeout_ms), "S",
     "of one connection attempt (default 5)", 1, 600},
    {"replication", KX_OPTION_NUMBER, AT(replication), "N", "of new files (default: the cluster's)",
     1, 512},
    {"blocksize", KX_OPTION_BYTES, AT(block_bytes), "BYTES",
     "of new files; K, M, G may follow (default: the cluster's)", 4096, INT64_MAX},
    {"sync_block", KX_OPTION_FLAG, AT(sync_block), NULL,
     "DataNodes sync what is uploaded to their disks before it is acknowledged", 0, 0},
    {"verify", KX_OPTION_FLAG, AT(verify), NULL,
     "uploads, and files that are read whole, are compared with the server's checksum", 0, 0},
    {"read_ahead", KX_OPTION_BYTES, AT(read_ahead_bytes), "BYTES",
     "how much the kernel reads ahead of a program, where root may say so (default 1M; 0: as it "
     "is)",
     0, 16 * 1024 * 1024},
    {"stage_dir", KX_OPTION_TEXT, AT(stage_dir), "DIR",
     "where local copies of files and the list of unfinished uploads are kept (default /var/tmp)",
     0, 0},
    {"stage_max", KX_OPTION_BYTES, AT(stage_max_bytes), "BYTES",
     "how much of that disk they may take together (default: all)", 1024 * 1024, INT64_MAX},
    {"write", KX_OPTION_CHOICE, AT(write), "direct|back|exclusive",
     "close returns when the server has the file (direct, the default) or when the local disk has "
     "it "
     "(back); exclusive: ESTALE instead of replacing what another client changed since it was "
     "opened",
     0, 0},
    {"excl", KX_OPTION_CHOICE, AT(excl), "close|open",
     "O_EXCL gives the name to who closes first (close, the default: nobody ever sees an "
     "unfinished "
     "file) or to who opens first (open: others see an empty file meanwhile)",
     0, 0},
    {"parallel_upload", KX_OPTION_NUMBER, AT(parallel_upload), "N",
     "files of more than one block are kept locally until close and sent in N streams at once", 1,
     16},
    {"streams", KX_OPTION_NUMBER, AT(streams), "N",
     "a large file that is read in order may come in up to N streams where they are faster than "
     "one (default: 8, from DataNodes that are far away or limit a connection; 1: never)",
     1, 8},
    {"hedge", KX_OPTION_FLAG, AT(hedge), NULL,
     "bytes that come later than usual are asked of another DataNode as well", 0, 0},
    {"mem", KX_OPTION_BYTES, AT(mem_bytes), "BYTES",
     "memory for bytes of files on their way, all together (default 256M)", 16 * 1024 * 1024,
     INT64_MAX},
    {"unmount_timeout", KX_OPTION_SECONDS, AT(unmount_timeout_ms), "S",
     "how long the end of the mount waits for uploads (default 60)", 1, 86400},
    {"loglevel", KX_OPTION_LEVEL, AT(log_level), "LEVEL",
     "error, warning, info, debug or trace (default warning)", 0, 0},
    {"logfile", KX_OPTION_TEXT, AT(log_file), "FILE",
     "append the log to FILE (default: syslog, with -f stderr)", 0, 0},
    {"audit", KX_OPTION_TEXT, AT(audit_file), "FILE",
     "append who has changed what to FILE (mode 0600), a line a change", 0, 0},
    {"record", KX_OPTION_TEXT, AT(record_file), "FILE",
     "append what is said with servers to FILE (mode 0600), for reports of faults", 0, 0},
    {"fsname", KX_OPTION_TEXT, AT(fsname), "NAME",
     "the first column of df and mount (default: the endpoint)", 0, 0},
    {"hidevirtual", KX_OPTION_FLAG, AT(hide_virtual), NULL,
     "/.cluster is there, but not in the listing of the mount's root", 0, 0},
    {"novirtual", KX_OPTION_FLAG, AT(no_virtual), NULL, "there is no /.cluster at all", 0, 0},
    {"vroot", KX_OPTION_TEXT, AT(vroot), "NAME",
     "/.cluster is at /NAME/.cluster, not at the mount's root itself", 0, 0},
    {"oozie", KX_OPTION_TEXT, AT(oozie), "URL",
     "Oozie, for /.oozie (default: the same host or gateway), or none", 0, 0},
    {"yarn", KX_OPTION_TEXT, AT(yarn), "URL",
     "YARN's ResourceManager, for /.cluster (default: the same host or gateway), or none", 0, 0},
    {"jobhistory", KX_OPTION_TEXT, AT(jobhistory), "URL",
     "the job history server, for logs (default: the same host or gateway), or none", 0, 0},
    {"callback", KX_OPTION_TEXT, AT(callback), "URL",
     "http://HOST:PORT of this machine where Oozie tells of jobs that were submitted here", 0, 0},
    {"nosuid", KX_OPTION_KERNEL, 0, NULL, NULL, 0, 0},
    {"suid", KX_OPTION_KERNEL, 0, NULL, NULL, 0, 0},
    {"nodev", KX_OPTION_KERNEL, 0, NULL, NULL, 0, 0},
    {"dev", KX_OPTION_KERNEL, 0, NULL, NULL, 0, 0},
    {"noexec", KX_OPTION_KERNEL, 0, NULL, NULL, 0, 0},
    {"exec", KX_OPTION_KERNEL, 0, NULL, NULL, 0, 0},
    {"noatime", KX_OPTION_KERNEL, 0, NULL, NULL, 0, 0},
    {"atime", KX_OPTION_KERNEL, 0, NULL, NULL, 0, 0},
    {"nodiratime", KX_OPTION_KERNEL, 0, NULL, NULL, 0, 0},
    {"relatime", KX_OPTION_IGNORED, 0, NULL, NULL, 0, 0},
    {"strictatime", KX_OPTION_IGNORED, 0, NULL, NULL, 0, 0},
    {"lazytime", KX_OPTION_IGNORED, 0, NULL, NULL, 0, 0},
    {"nosymfollow", KX_OPTION_IGNORED, 0, NULL, NULL, 0, 0},
    {"sync", KX_OPTION_KERNEL, 0, NULL, NULL, 0, 0},
    {"async", KX_OPTION_KERNEL, 0, NULL, NULL, 0, 0},
    {"dirsync", KX_OPTION_KERNEL, 0, NULL, NULL, 0, 0},
    {"rw", KX_OPTION_IGNORED, 0, NULL, NULL, 0, 0},
    {"defaults", KX_OPTION_IGNORED, 0, NULL, NULL, 0, 0},
    {"auto", KX_OPTION_IGNORED, 0, NULL, NULL, 0, 0},
    {"noauto", KX_OPTION_IGNORED, 0, NULL, NULL, 0, 0},
    {"users", KX_OPTION_IGNORED, 0, NULL, NULL, 0, 0},
    {"nouser", KX_OPTION_IGNORED, 0, NULL, NULL, 0, 0},
    {"nofail", KX_OPTION_IGNORED, 0, NULL, NULL, 0, 0},
    {"_netdev", KX_OPTION_IGNORED, 0, NULL, NULL, 0, 0},
};

static const struct kx_flag_row FLAGS[] = {
    {'f', "foreground", AT(foreground), "stay in the foreground; the log goes to stderr"},
    {'d', "debug", AT(debug), "like -f, and log every request (loglevel=trace)"},
    {'h', "help", AT(help), "this text"},
    {'V', "version", AT(version), "the version"},
};

bool kx_option_is_double(const struct kx_option_row *row)
{
    return row->at == AT(attr_timeout_s) || row->at == AT(entry_timeout_s) ||
           row->at == AT(dir_timeout_s) || row->at == AT(negative_timeout_s);
}

const struct kx_option_row *kx_option_rows(size_t *count)
{
    *count = G_N_ELEMENTS(ROWS);
    return ROWS;
}

const struct kx_flag_row *kx_flag_rows(size_t *count)
{
    *count = G_N_ELEMENTS(FLAGS);
    return FLAGS;
}
