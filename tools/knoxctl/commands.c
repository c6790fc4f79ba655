/* The table of commands. */
#include "tools/knoxctl/ctl.h"

static const struct kx_ctl_flag CONFIG_FLAGS[] = {
    {"list", NULL, "the profiles that there are, each with its address and where that is written"},
    {NULL, NULL, NULL},
};

static const struct kx_ctl_flag DOCTOR_FLAGS[] = {
    {"write", "DIR",
     "write and read back one byte in this directory of HDFS (default: that of the address, the "
     "home directory or /tmp)"},
    {"no-write", NULL, "change nothing: read one byte of a file that is there"},
    {NULL, NULL, NULL},
};

static const struct kx_ctl_command COMMANDS[] = {
    {"config", "[NAME|URL]", 0, 1, "the options in effect, and where each value is from",
     "One line an option: its name, its value (empty: as the cluster or the system says) and its "
     "source, with tabs between: default, FILE:LINE, environment, or option (the command line). "
     "These are the values of knoxfs, too. Secrets are not shown.",
     CONFIG_FLAGS, kx_ctl_config},
    {"doctor", "[NAME|URL]", 0, 1, "find out at which step the way to a cluster's files ends",
     "Goes the way that a mount goes, step by step: address, name (DNS), connect (TCP), tls, "
     "login, "
     "service, folder, redirect, datanode, write, read. A line each: ok, FAIL or - (there is "
     "nothing to do, or an earlier step failed), the step, and what was found; under a failure "
     "what to do about it. What is written is removed again. Of several servers each is looked at "
     "by itself.\n"
     "The exit status is that of the first step that failed: 2 address; 5 name, connect, tls, "
     "datanode; 4 login, or permission denied; 3 folder that is not there; 1 anything else.",
     DOCTOR_FLAGS, kx_ctl_doctor},
};

const struct kx_ctl_command *kx_ctl_commands(size_t *count)
{
    *count = G_N_ELEMENTS(COMMANDS);
    return COMMANDS;
}
