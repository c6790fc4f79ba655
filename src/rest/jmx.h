/* What a NameNode says of its file system by JMX: how full it is, how many files, whether it is in
 * safe mode, which DataNodes answer.
 *
 * What it knows of it (Hadoop 3.4.2): GET /jmx?qry=Hadoop:service=NameNode,name=FSNamesystem* has
 * the beans FSNamesystem and FSNamesystemState in one answer. A server without them (HttpFS)
 * answers with none. Knox 2.0.0 shows a NameNode's /jmx at /hdfs/jmx where its topology has the
 * service HDFSUI in version 2.7.0; the newer one, 3.0.0, wants the NameNode's address as a
 * parameter and answers 500 otherwise. A standby answers, too: who is asked is the one that answers
 * for files (homes.h).
 *
 * What is asked is shared by all who ask within KX_JMX_FRESH_MS.
 *
 * Threads: any.  Blocking: one request. */
#pragma once
#include "rest/json_answer.h"
#include "rest/service.h"

#define KX_JMX_FRESH_MS 2000

struct kx_jmx;

/** @client borrowed for its life.  @return owned. */
struct kx_jmx *kx_jmx_new(struct kx_client *client);
void kx_jmx_free(struct kx_jmx *jmx); /* NULL is fine */

/** The beans: an array of objects, at "beans".  @out a reference.
 *  @return 0; -ENODATA: this server does not show them; as kx_service_run. */
int kx_jmx_get(struct kx_jmx *jmx, const struct kx_call *call, struct kx_answer **out,
               struct kx_error *err);

/** A member of any of the beans.  @return owned; NULL: none has it. */
char *kx_jmx_member(const struct kx_answer *answer, const char *name);

KX_DEFINE_AUTOPTR(kx_jmx, kx_jmx_free)
