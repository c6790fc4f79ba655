#include "fs/audit.h"

#include <string.h>

#include "fs/appender.h"

struct kx_audit {
    const struct kx_clock *clock;
    struct kx_log *log;
    struct kx_lines *lines;
    struct kx_appender *file; /* NULL: none */
};

int kx_audit_new(const struct kx_audit_config *config, struct kx_audit **out, struct kx_error *err)
{
    struct kx_appender *file = NULL;
    int result = config->file ? kx_appender_open(config->file, 0, &file, err) : 0;
    if (result < 0) {
        kx_error_prefix(err, "-o audit");
        return result;
    }
    struct kx_audit *audit = g_new0(struct kx_audit, 1);
    audit->clock = config->clock;
    audit->log = config->log;
    audit->file = file;
    audit->lines = kx_lines_new(KX_AUDIT_LINES, KX_AUDIT_BYTES);
    *out = audit;
    return 0;
}

void kx_audit_free(struct kx_audit *audit)
{
    if (!audit) return;
    kx_lines_free(audit->lines);
    kx_appender_free(audit->file);
    g_free(audit);
}

struct kx_lines *kx_audit_lines(struct kx_audit *audit)
{
    return audit->lines;
}

void kx_audit_add(struct kx_audit *audit, const struct kx_audit_entry *entry)
{
    int64_t now = audit->clock->wall_ms(audit->clock);
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(now / 1000);
    g_autofree char *stamp = g_date_time_format(at, "%Y-%m-%dT%H:%M:%S");
    g_autofree char *program = kx_asker_program(entry->by.process);
    g_autofree char *path = g_strescape(entry->path ? entry->path : "(removed)", NULL);
    g_autofree char *to = g_strescape(entry->to ? entry->to : "", NULL);
    const char *result = entry->result < 0 ? strerrorname_np(-entry->result) : "ok";
    g_autofree char *line = g_strdup_printf(
        "%s.%03dZ\t%u\t%d\t%s\t%s\t%s\t%s\t%s", stamp, (int)(now % 1000), (unsigned)entry->by.user,
        (int)entry->by.process, program, entry->what, path, to, result ? result : "?");
    kx_lines_add(audit->lines, line);
    if (!audit->file) return;
    g_autofree char *whole = g_strconcat(line, "\n", NULL);
    kx_appender_note(audit->file, audit->log, "the audit", whole, strlen(whole));
}
