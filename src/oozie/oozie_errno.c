/* Oozie's codes (core/src/main/java/org/apache/oozie/ErrorCode.java) as errnos. */
#include <errno.h>
#include <string.h>

#include "oozie/oozie.h"

/* The first row that fits decides; `to` NULL: one code. A message tells apart what one code is used
 * for. */
static const struct {
    const char *from, *to, *message;
    int code;
} RULES[] = {
    {"E0307", NULL, "E0604", ENOENT},
    {"E0307", NULL, "E0605", ENOENT},
    {"E0307", NULL, "does not exist", ENOENT},
    {"E0307", NULL, "Permission denied", EACCES},
    {"E0307", NULL, "Connection refused", EHOSTDOWN},
    {"E0307", NULL, NULL, EINVAL},
    {"E0000", "E0003", NULL, EAGAIN}, /* safe mode, starting, ending */
    {"E0300", "E0306", NULL, EINVAL},
    {"E0400", "E0420", NULL, EINVAL},
    {"E0500", "E0503", NULL, EACCES},
    {"E0504", "E0506", NULL, ENOENT},
    {"E0507", "E0509", NULL, EACCES},
    {"E0600", "E0603", NULL, EIO},
    {"E0604", "E0606", NULL, ENOENT},
    {"E0700", "E0715", NULL, EINVAL},
    {"E0716", "E0719", NULL, EBUSY},
    {"E0720", "E0724", NULL, EINVAL},
    {"E0725", "E0728", NULL, EBUSY},
    {"E0729", "E0799", NULL, EINVAL},
    {"E0800", "E0804", NULL, EINVAL},
    {"E0805", NULL, NULL, EBUSY},
    {"E0806", "E0899", NULL, EINVAL},
    {"E0900", "E0901", NULL, EPERM},
    {"E0902", NULL, NULL, EIO},
    {"E0904", NULL, NULL, EINVAL},
    {"E1001", "E1004", NULL, EINVAL},
    {"E1013", "E1014", NULL, EBUSY},
    {"E1015", NULL, "pending status is true", EBUSY}, /* it is still being killed */
    {"E1015", NULL, NULL, EINVAL},                    /* a change that makes no sense */
    {"E1016", "E1019", NULL, EBUSY},
    {"E1020", "E1023", NULL, EINVAL},
    {"E1024", NULL, NULL, EBUSY}, /* ignore, of runs that have not failed */
    {"E1025", NULL, NULL, EINVAL},
    {"E1026", NULL, "E1027", EINVAL}, /* of a bundle: what its coordinators say */
    {"E1026", NULL, NULL, EBUSY},     /* nothing there has a service level */
    {"E1027", NULL, NULL, EINVAL},
    {"E1400", NULL, NULL, EACCES},
    {"E1600", "E1602", NULL, EOPNOTSUPP},
    {"E1603", NULL, NULL, EINVAL},
};

int kx_oozie_errno(const char *code, const char *message)
{
    for (size_t i = 0; i < G_N_ELEMENTS(RULES); i++) {
        const char *to = RULES[i].to ? RULES[i].to : RULES[i].from;
        if (strcmp(code, RULES[i].from) < 0 || strcmp(code, to) > 0) continue;
        if (!RULES[i].message || (message && strstr(message, RULES[i].message)))
            return RULES[i].code;
    }
    return 0;
}
