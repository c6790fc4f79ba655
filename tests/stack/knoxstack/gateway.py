"""Apache Knox and its LDAP: the gateway's home folder, made anew at each start.

Every user's password is NAME-password.  The topologies, all of them in front of the same HDFS:

    basic      HTTP Basic, asked of LDAP
    tokens     the same, hands out JWTs: /knoxtoken/api/v1/token
    brief      as tokens, and they live for 5 s
    jwt        Authorization: Bearer JWT
    anonymous  nobody is asked

and where HDFS wants tickets, which the gateway has one for (it acts for its users), instead of tokens, brief and anonymous:

    tickets         SPNEGO (HadoopAuth)
    ticket-tokens   the same, hands out JWTs
    ticket-brief    as ticket-tokens, and they live for 5 s
"""

import os
import shutil
import socket
import ssl
import urllib.error
import urllib.request
from base64 import b64encode
from pathlib import Path

from . import cache, conf, jars, java, kerberos, tls
from .conf import HOST, Plan, Sites

MASTER = "test-master"
BASE = "dc=hadoop,dc=apache,dc=org"

# The certificate: Knox 2.0.0 cannot make one on Java 17.  Beyond that, reflection in its
# configuration injector, Jersey and CGLIB.
OPENED = (
    "--add-exports=java.base/sun.security.x509=ALL-UNNAMED",
    "--add-exports=java.base/sun.security.pkcs=ALL-UNNAMED",
    "--add-exports=java.naming/com.sun.jndi.ldap=ALL-UNNAMED",
    "--add-opens=java.base/sun.security.x509=ALL-UNNAMED",
)

# Each redirect is encrypted and decrypted with a key that is derived anew: 65,536 rounds by default,
# some 50 ms of CPU each time.  The file of the master secret is encrypted so, too: each number of rounds has its own.
ROUNDS = "gateway.crypto.iteration.count"
CRYPTO = {ROUNDS: "1000"}

LOG4J = """\
<?xml version="1.0" encoding="UTF-8"?>
<Configuration>
  <Appenders>
    <File name="audit" fileName="${sys:kx.logs}/knox-audit.log"><AuditLayout /></File>
    <Console name="out" target="SYSTEM_OUT"><PatternLayout pattern="%d %p %c{2}: %m%n" /></Console>
  </Appenders>
  <Loggers>
    <Logger name="audit" level="INFO" additivity="false"><AppenderRef ref="audit" /></Logger>
    <Logger name="org.apache.knox.gateway" level="WARN" />
    <Root level="ERROR"><AppenderRef ref="out" /></Root>
  </Loggers>
</Configuration>
"""

LDAP = f"""\
version: 1
dn: {BASE}
objectclass: organization
objectclass: dcObject
o: Hadoop
dc: hadoop

dn: ou=people,{BASE}
objectclass: top
objectclass: organizationalUnit
ou: people

"""

PERSON = f"""\
dn: uid={{0}},ou=people,{BASE}
objectclass: top
objectclass: person
objectclass: organizationalPerson
objectclass: inetOrgPerson
cn: {{0}}
sn: {{0}}
uid: {{0}}
userPassword: {{0}}-password

"""

IDENTITY = """\
    <provider><role>identity-assertion</role><name>Default</name><enabled>true</enabled></provider>
    <provider><role>hostmap</role><name>static</name><enabled>true</enabled>
      <param><name>localhost</name><value>localhost</value></param></provider>
"""


def url(plan: Plan) -> str:
    return f"https://{plan.address('knox', 'https')}/gateway"


# LDAP.


def write_users(plan: Plan, name: str) -> None:
    people = [PERSON.format(user) for user in (conf.superuser(), *conf.USERS)]
    (plan.data(name) / "users.ldif").write_text(LDAP + "".join(people))


def ldap_options(plan: Plan, name: str) -> list[str]:
    return ["-Xmx96m"]


def ldap_arguments(plan: Plan, name: str) -> list[str]:
    return [str(plan.data(name) / "users.ldif"), str(plan.port(name, "ldap"))]


def ldap_ready(plan: Plan, name: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", plan.port(name, "ldap")), 1).close()
    except OSError:
        return False
    return True


# The gateway.


def settings(plan: Plan, name: str) -> Sites:
    site = {
        "gateway.host": "127.0.0.1",
        "gateway.port": str(plan.port(name, "https")),
        "gateway.path": "gateway",
        "gateway.hadoop.kerberos.secured": "false",
        "gateway.dispatch.whitelist.services": "DATANODE,HBASEUI,HDFSUI,JOBHISTORYUI,NODEUI,YARNUI,knoxauth",
        "gateway.dispatch.whitelist": r"^https?:\/\/(localhost|127\.0\.0\.1):[0-9].*$",
    }
    if plan.kerberos:
        site |= {
            "gateway.hadoop.kerberos.secured": "true",
            "java.security.krb5.conf": f"{kerberos.folder(plan)}/krb5.conf",
            "java.security.auth.login.config": f"{plan.data(name)}/conf/login.conf",
        }
    return {"gateway-site.xml": site | CRYPTO}


def login_of(plan: Plan) -> str:
    """The gateway's own, towards HDFS."""
    values = {
        "useKeyTab": "true",
        "keyTab": f'"{kerberos.keytab(plan, "knox")}"',
        "principal": f'"{kerberos.SERVICES["knox"]}@{kerberos.REALM}"',
        "storeKey": "true",
        "doNotPrompt": "true",
        "useTicketCache": "false",
    }
    lines = "".join(f"\n  {key}={value}" for key, value in values.items())
    return f"com.sun.security.jgss.initiate {{\n  com.sun.security.auth.module.Krb5LoginModule required{lines};\n}};\n"


def options(plan: Plan, name: str) -> list[str]:
    home = plan.data(name)
    return [
        "-Xmx160m",
        *(java.compiler(plan.gateway_tier) if plan.gateway_tier > plan.tier else []),
        *OPENED,
        f"-DGATEWAY_HOME={home}",
        f"-Dkx.logs={plan.folder}/logs",
        f"-Dlog4j.configurationFile={home}/conf/log4j2.xml",
    ]


def write_home(plan: Plan, name: str) -> None:
    """GATEWAY_HOME: what was deployed by an earlier life is deployed anew."""
    home, made, master = plan.data(name), made_once(), master_of(plan)
    shutil.rmtree(home, ignore_errors=True)
    for inside in ("conf/topologies", "data/security/keystores", "data/deployments", "logs"):
        (home / inside).mkdir(parents=True)
    for inside in ("conf/shared-providers", "conf/descriptors", "data/applications"):
        (home / inside).mkdir()
    (home / "data/services").symlink_to(jars.folder(jars.KNOX) / "services")
    shutil.copy(master, home / "data/security/master")
    shutil.copy(made / "gateway.jks", home / "data/security/keystores/gateway.jks")
    shutil.copy(plan.conf(name) / "gateway-site.xml", home / "conf/gateway-site.xml")
    (home / "conf/log4j2.xml").write_text(LOG4J)
    if plan.kerberos:
        (home / "conf/login.conf").write_text(login_of(plan))
        (home / "conf/signature").write_text(MASTER)
    for topology, text in topologies(plan).items():
        (home / "conf/topologies" / f"{topology}.xml").write_text(text)


def ready(plan: Plan, name: str) -> bool:
    """A topology is deployed in some seconds; the last of them serves when all do."""
    paths = {name: "knoxtoken/api/v1/jwks.json" if "KNOXTOKEN" in text else "webhdfs/v1/" for name, text in topologies(plan).items()}
    return all(answers(f"{url(plan)}/{name}/{path}") for name, path in paths.items())


def answers(address: str) -> bool:
    """200 and 401 are answers of a topology, 404 is none."""
    context = ssl.create_default_context(cafile=str(certificate()))
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    login = b64encode(f"{conf.superuser()}:{conf.superuser()}-password".encode()).decode()
    request = urllib.request.Request(f"{address}?op=GETFILESTATUS", headers={"Authorization": f"Basic {login}"})
    try:
        with opener.open(request, timeout=20) as answer:
            return answer.status == 200
    except urllib.error.HTTPError as error:
        return error.code == 401
    except OSError:
        return False


# Topologies.


def shiro(plan: Plan) -> str:
    """A name and password, asked of LDAP."""
    realm = "org.apache.knox.gateway.shirorealm.KnoxLdap"
    values = {
        "sessionTimeout": "30",
        "main.ldapRealm": f"{realm}Realm",
        "main.ldapContextFactory": f"{realm}ContextFactory",
        "main.ldapRealm.contextFactory": "$ldapContextFactory",
        "main.ldapRealm.userDnTemplate": f"uid={{0}},ou=people,{BASE}",
        "main.ldapRealm.contextFactory.url": f"ldap://{plan.address('ldap', 'ldap')}",
        "main.ldapRealm.contextFactory.authenticationMechanism": "simple",
        "urls./**": "authcBasic",
    }
    return provider("authentication", "ShiroProvider", values)


def spnego(plan: Plan) -> str:
    """A Kerberos ticket, then a session of half an hour.

    Measured with Knox 2.0.0: `signature.secret`, which its manual names, is not read; without `signature.secret.file` each route of
    a service (the root, paths, data) has a random secret of its own and refuses the session of the others.
    """
    values = {
        "type": "kerberos",
        "simple.anonymous.allowed": "false",
        "signature.secret.file": f"{plan.data('knox')}/conf/signature",
        "token.validity": "1800",
        "cookie.path": "/",
        "kerberos.principal": f"{kerberos.SERVICES['HTTP']}@{kerberos.REALM}",
        "kerberos.keytab": str(kerberos.keytab(plan, "HTTP")),
        "kerberos.name.rules": "DEFAULT",
    }
    prefix = "hadoop.auth.config"
    return provider("authentication", "HadoopAuth", {"config.prefix": prefix} | {f"{prefix}.{key}": value for key, value in values.items()})


def provider(role: str, name: str, values: dict[str, str]) -> str:
    params = "".join(
        f"<param><name>{key}</name><value>{value}</value></param>" for key, value in values.items()
    )
    return (
        f"    <provider><role>{role}</role><name>{name}</name><enabled>true</enabled>{params}</provider>\n"
    )


def token_service(plan: Plan, life_ms: int) -> str:
    values = {
        "knox.token.ttl": str(life_ms),
        "knox.token.target.url": f"{url(plan)}/jwt",
        "knox.token.exp.server-managed": "false",
    }
    params = "".join(
        f"<param><name>{key}</name><value>{value}</value></param>" for key, value in values.items()
    )
    return f"  <service><role>KNOXTOKEN</role>{params}</service>\n"


def services(plan: Plan) -> dict[str, str]:
    """What is beside HDFS in this stack, by Knox's names."""
    urls = {}
    if plan.has_yarn():
        urls["RESOURCEMANAGER"] = f"{plan.url('rm')}/ws"
        urls["JOBHISTORYUI"] = plan.url("jhs")
    if plan.oozie:
        urls["OOZIE"] = f"{plan.url('oozie')}/oozie"
    return urls


def pages(plan: Plan) -> dict[str, str]:
    """These lead to the masters of jobs, and to NodeManagers."""
    return dict.fromkeys(("YARNUI", "YARNUIV2"), plan.url("rm")) if plan.has_yarn() else {}


def topologies(plan: Plan) -> dict[str, str]:
    hdfs = (
        f"  <service><role>NAMENODE</role><url>{plan.rpc()}</url></service>\n"
        f"  <service><role>WEBHDFS</role><url>{plan.url('nn')}/webhdfs</url></service>\n"
        f"  <service><role>HDFSUI</role><version>2.7.0</version><url>{plan.url('nn')}</url></service>\n"
    )
    for role, path in services(plan).items():
        hdfs += f"  <service><role>{role}</role><url>{path}</url></service>\n"
    more = "".join(f"  <service><role>{role}</role><url>{path}</url></service>\n" for role, path in pages(plan).items())
    basic, lasting, brief = shiro(plan), token_service(plan, 36_000_000), token_service(plan, 5_000)
    rows = {"basic": (basic, hdfs + more), "jwt": (provider("federation", "JWTProvider", {}), hdfs + more)}
    if plan.kerberos:
        ticket = spnego(plan)
        rows |= {"tickets": (ticket, hdfs + more), "ticket-tokens": (ticket, lasting), "ticket-brief": (ticket, brief)}
    else:
        rows |= {"tokens": (basic, lasting), "brief": (basic, brief), "anonymous": (provider("authentication", "Anonymous", {}), hdfs)}
    return {
        name: f'<?xml version="1.0" encoding="UTF-8"?>\n<topology>\n  <name>{name}</name>\n'
        f"  <gateway>\n{login}{IDENTITY}  </gateway>\n{roles}</topology>\n"
        for name, (login, roles) in rows.items()
    }


# What is made once and for all stacks.


def made_once() -> Path:
    """The master secret, and a certificate for localhost and 127.0.0.1 by which it is signed."""
    target = jars.folder(jars.KNOX) / "home-1"
    marker = target / ".complete"
    if marker.exists():
        return target
    with cache.locked(target):
        if not marker.exists():
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True)
            make_master(target, CRYPTO[ROUNDS]).rename(target / "master")
            tls.make(target / "gateway.jks", target / "gateway.pem", "gateway-identity", MASTER)
            marker.touch()
    return target


def master_of(plan: Plan) -> Path:
    """The file of the master secret as a gateway with this plan's settings reads it."""
    said = [value for _, key, value in map(conf.parse_setting, plan.settings) if key == ROUNDS]
    made = made_once()
    if not said or said[-1] == CRYPTO[ROUNDS]:
        return made / "master"
    target = made / f"master-{int(said[-1])}"
    with cache.locked(target):
        if not target.exists():
            make_master(made, said[-1]).rename(target)
    return target


def certificate() -> Path:
    return made_once() / "gateway.pem"


def make_master(target: Path, rounds: str) -> Path:
    """A file that is the caller's."""
    home = target / f"home-{rounds}"
    shutil.rmtree(home, ignore_errors=True)
    (home / "data/security").mkdir(parents=True)
    (home / "conf").mkdir()
    (home / "conf/gateway-site.xml").write_text(conf.site({ROUNDS: rounds}))
    (home / "conf/log4j2.xml").write_text("<Configuration />\n")
    line = [java.tool("java"), *OPENED, f"-DGATEWAY_HOME={home}"]
    line += [f"-Dlog4j.configurationFile={home}/conf/log4j2.xml", "-cp"]
    line += [f"{home}/conf:{jars.class_path(jars.KNOX)}", "org.apache.knox.gateway.util.KnoxCLI"]
    tls.run([*line, "create-master", "--master", MASTER])
    made = shutil.move(home / "data/security/master", target / f"made-{rounds}")
    shutil.rmtree(home)
    return Path(made)
