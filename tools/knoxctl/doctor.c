/* knoxctl doctor: the steps in their order, and what is printed of them. */
#include "tools/knoxctl/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf/ask.h"
#include "conf/login.h"
#include "rest/webhdfs.h"

#define BLOCKS_KEPT 4

static const struct kx_step STEPS[] = {
    {"address", kx_step_address, KX_EXIT_USAGE, false, false},
    {"name", kx_step_name, KX_EXIT_UNREACHABLE, false, false},
    {"connect", kx_step_connect, KX_EXIT_UNREACHABLE, false, false},
    {"tls", kx_step_tls, KX_EXIT_UNREACHABLE, false, false},
    {"login", kx_step_login, KX_EXIT_DENIED, false, false},
    {"service", kx_step_service, KX_EXIT_FAILED, false, false},
    {"folder", kx_step_folder, KX_EXIT_MISSING, false, false},
    {"redirect", kx_step_redirect, KX_EXIT_FAILED, false, false},
    {"datanode", kx_step_datanode, KX_EXIT_UNREACHABLE, false, false},
    {"write", kx_step_write, KX_EXIT_FAILED, false, true},
    {"read", kx_step_read, KX_EXIT_FAILED, true, false},
};

/* How far a look has come. */
struct progress {
    int status;
    bool failed, ended; /* `ended`: nothing but `anyhow` is left */
};

enum kx_step_result kx_step_failed(struct kx_doctor *d, const struct kx_error *err)
{
    g_autofree char *words = kx_redact(err->message ? err->message : g_strerror(err->code));
    g_string_append(d->said, words);
    if (err->exception && !strstr(words, err->exception))
        g_string_append_printf(d->said, " (%s)", err->exception);
    enum kx_exit status = kx_exit_of(err);
    bool told = status == KX_EXIT_DENIED || (status == KX_EXIT_UNREACHABLE && !err->http_status);
    if (told) d->status = status;
    return KX_STEP_FAIL;
}

static void print_step(const char *word, const char *name, const char *text)
{
    g_autofree char *line = g_strdelimit(g_strdup(text), "\r\n\t", ' ');
    printf("%-5s %-9s %s\n", word, name, line);
}

static void make_step(struct kx_doctor *d, const struct kx_step *step, struct progress *p)
{
    static const char *const WORDS[] = {
        [KX_STEP_OK] = "ok", [KX_STEP_FAIL] = "FAIL", [KX_STEP_NOTHING] = "-"};
    if (p->ended || (p->failed && !step->anyhow)) {
        print_step("-", step->name, "not tried");
        return;
    }
    g_string_truncate(d->said, 0);
    g_string_truncate(d->remedy, 0);
    d->status = KX_EXIT_DONE;
    enum kx_step_result result = step->look(d);
    p->ended = p->ended || d->standby;
    print_step(WORDS[result], step->name, d->said->str);
    if (result != KX_STEP_FAIL) return;
    if (d->remedy->len) printf("      ->        %s\n", d->remedy->str);
    if (!p->failed) p->status = (int)(d->status ? d->status : step->status);
    p->failed = true;
    p->ended = p->ended || !step->soft;
}

void kx_doctor_clear(struct kx_doctor *d)
{
    if (d->written) kx_webhdfs_delete(d->client, d->file, false, NULL, NULL);
    kx_client_free(d->client);
    kx_auth_free(d->auth);
    kx_probe_clear(&d->probe);
    kx_error_clear(&d->probe_error);
    kx_error_clear(&d->asked_error);
    if (d->parsed) kx_endpoint_clear(&d->endpoint);
    g_free(d->folder);
    g_free(d->file);
    g_free(d->target);
    g_free(d->named);
    g_string_free(d->said, TRUE);
    g_string_free(d->remedy, TRUE);
    kx_pool_free(d->pool);
    kx_log_free(d->log);
}

/* One server, of several.  @active whether it is, in a pair; untouched where nobody knows. */
static int look_at(const struct kx_ctl_call *call, const struct kx_options *options,
                   const struct kx_secret *typed, bool several, bool *active)
{
    struct progress progress = {0};
    enum kx_log_level level = call->ctl->verbose > 1   ? KX_LOG_TRACE
                              : call->ctl->verbose > 0 ? KX_LOG_INFO
                                                       : KX_LOG_ERROR;
    struct kx_doctor doctor = {.options = options,
                               .typed = typed,
                               .wanted = g_hash_table_lookup(call->flags, "write"),
                               .several = several,
                               .change = !g_hash_table_contains(call->flags, "no-write"),
                               .clock = kx_clock_system(),
                               .log = kx_log_new(level, kx_log_to_stderr, NULL),
                               .pool = kx_pool_new(BLOCKS_KEPT),
                               .settings = kx_login_settings(options),
                               .said = g_string_new(NULL),
                               .remedy = g_string_new(NULL)};
    for (size_t i = 0; i < G_N_ELEMENTS(STEPS); i++)
        make_step(&doctor, &STEPS[i], &progress);
    *active |= !doctor.standby;
    kx_doctor_clear(&doctor);
    return progress.status;
}

/* Each server of a list by itself.  @return the first status that is not 0; of a pair one has to be
 * active. */
static int look_at_each(const struct kx_ctl_call *call, struct kx_options *options,
                        const struct kx_secret *typed)
{
    struct kx_endpoint list = {0};
    bool active = false;
    if (kx_endpoint_parse(options->service, &list, NULL) < 0)
        return look_at(call, options, typed, false, &active);
    int status = 0;
    for (const struct kx_endpoint *at = &list; at; at = at->next) {
        g_free(options->service);
        options->service = g_strdup(at->text);
        if (list.next) printf("%s%s\n", at == &list ? "" : "\n", at->text);
        int one = look_at(call, options, typed, list.next != NULL, &active);
        if (!status) status = one;
    }
    if (!active) {
        printf("\nFAIL  none of them is active\n"
               "      ->        hdfs haadmin -getAllServiceState, and the logs of the ZKFCs\n");
        status = KX_EXIT_FAILED;
    }
    kx_endpoint_clear(&list);
    return status;
}

int kx_ctl_doctor(const struct kx_ctl_call *call)
{
    KX_ERROR_AUTO(err);
    struct kx_options options;
    const struct kx_ctl *ctl = call->ctl;
    g_autoptr(kx_secret) asked = NULL;
    if (kx_ctl_options(ctl, call->operands[0], &options, &err) < 0) return kx_ctl_complain(&err);
    int result = 0;
    if (!options.service)
        result = kx_error_set(&err, EINVAL, "which cluster? knoxctl doctor NAME or URL");
    if (kx_login_is_secret(&options)) kx_secret_guard_process();
    if (ctl->typed) options.ask_password = true; /* it was, in a way */
    if (result == 0 && options.ask_password && !ctl->typed)
        result = kx_ask_password(options.user, &asked, &err);
    int status = result < 0 ? kx_ctl_complain(&err)
                            : look_at_each(call, &options, asked ? asked : ctl->typed);
    kx_options_clear(&options);
    return status;
}
