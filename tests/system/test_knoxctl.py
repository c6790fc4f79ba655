"""knoxctl: where each value is from, and at which step the way to a cluster ends."""

import contextlib
import http.server
import json
import re
import threading
from pathlib import Path

import pytest
from knoxtest import run
from knoxtest.programs import Running
from knoxtest.secrets import certificate, knox_token, login_file, secret_file

from conftest import make_folder
from test_login import WRONG, tls
from test_mount import free_port, serving

STEPS = "address name connect tls login service folder redirect datanode write read".split()
USAGE, MISSING, DENIED, UNREACHABLE = 2, 3, 4, 5


@pytest.fixture(scope="session")
def program(binary) -> Path:
    return binary.parents[2] / "tools/knoxctl/knoxctl"


@pytest.fixture
def doctor(program):
    """doctor(endpoint, *options, rc): {step: (word, text)}, and what to do about the one that fails."""

    def look(endpoint, *options, rc=0, after=(), env=None):
        done = run(program, *options, "doctor", *after, endpoint, rc=rc, timeout=90, env=env)
        rows = done.stdout.decode().splitlines()
        advice = [row.split("->")[1].strip() for row in rows if row.startswith("      ->")]
        found = {row.split()[1]: (row.split()[0], row[16:]) for row in rows if not row.startswith("      ->")}
        assert list(found) == STEPS, rows
        assert done.stderr == b"", done.stderr
        return found, advice

    return look


def check_ok(found, nothing=()):
    assert [step for step in STEPS if found[step][0] == "-"] == list(nothing), found
    assert "FAIL" not in [word for word, _ in found.values()], found


def check_failed(result, step, words, advice):
    """This step fails, those before do not, and what to do is said."""
    found, remedies = result
    at = STEPS.index(step)
    assert found[step][0] == "FAIL" and words in found[step][1], found
    assert "FAIL" not in [found[name][0] for name in STEPS[:at]], found
    assert len(remedies) == 1 and advice in remedies[0], remedies


# Servers that are well.


def test_doctor_of_a_namenode(doctor, hdfs, stack):
    found, _ = doctor(f"{stack.namenode}{hdfs.url_path}", "--user", "alice")
    check_ok(found, ["tls"])
    assert "simple as alice" in found["login"][1] and stack.datanodes[0] in found["datanode"][1]
    assert hdfs.path() in found["write"][1] and hdfs.names() == []


def test_doctor_changes_nothing(doctor, hdfs, stack):
    hdfs.write("f", b"one")
    found, _ = doctor(f"{stack.namenode}{hdfs.url_path}", "--user", "alice", after=["--no-write"])
    check_ok(found, ["tls", "write"])
    assert found["read"][1] == f"1 byte of {hdfs.path('f')}"


def test_doctor_of_a_list(program, hdfs, stack):
    """Each server by itself."""
    gone = f"http://localhost:{free_port()}"
    done = run(program, "doctor", f"{stack.namenode},{gone}", rc=UNREACHABLE).stdout.decode()
    first, second = done.split(f"\n{gone}\n")
    assert "FAIL" not in first and "FAIL  connect" in second


@pytest.mark.slow
@pytest.mark.limit(300)
def test_doctor_of_httpfs(doctor, wide):
    folder = make_folder(wide, "httpfs")
    found, _ = doctor(f"{wide.httpfs}{folder.url_path}", "--user", "alice")
    check_ok(found, ["tls", "datanode"])


@pytest.mark.slow
@pytest.mark.limit(300)
def test_doctor_of_a_gateway(doctor, gateway, tmp_path):
    folder = make_folder(gateway, "gateway")
    known = ["--cacert", gateway.cacert, "--auth-file", login_file(tmp_path, "alice")]
    found, _ = doctor(f"{gateway.knox}/basic{folder.url_path}", *known)
    check_ok(found, ["datanode"])
    assert "basic as alice" in found["login"][1]
    assert re.search("localhost, issued by .*localhost, valid until .* 20", found["tls"][1])
    kept = secret_file(tmp_path / "token", knox_token(gateway, "tokens"))
    bearer = ["--cacert", gateway.cacert, "--token-file", kept]
    found, _ = doctor(f"{gateway.knox}/jwt{folder.url_path}", *bearer)
    check_ok(found, ["datanode"])
    assert "bearer as alice" in found["login"][1] and "expires 20" in found["login"][1]
    # And what is wrong with a login there.
    wrong = ["--cacert", gateway.cacert, "--auth-file", login_file(tmp_path, "bob", "wrong")]
    check_failed(doctor(f"{gateway.knox}/basic", *wrong, rc=DENIED), "login", "refuses the password of bob", "is it right")
    check_failed(doctor(f"{gateway.knox}/jwt", *known, rc=DENIED), "login", "refuses", "tokens, not both")
    anybody = ["--cacert", gateway.cacert]
    check_failed(doctor(f"{gateway.knox}/basic", *anybody, rc=DENIED), "login", "", "auth_file = FILE")
    check_failed(doctor(f"{gateway.knox}/none", *known, rc=1), "service", "", "name of the topology")
    unknown = ["--auth-file", login_file(tmp_path, "alice")]
    check_failed(doctor(f"{gateway.knox}/basic", *unknown, rc=UNREACHABLE), "tls", "is self-signed", "cacert = FILE")


# Servers that are not.


def test_no_such_name(doctor):
    check_failed(doctor("http://nowhere.invalid:9870", rc=UNREACHABLE), "name", "no such host", "getent hosts nowhere.invalid")


def test_nobody_listens(doctor):
    check_failed(doctor(f"http://localhost:{free_port()}", rc=UNREACHABLE), "connect", "cannot connect", "right port")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_says_nothing(doctor, scheme):
    """It takes connections, and that is all; it is waited for once."""
    with serving(lambda connection: None) as address:
        result = doctor(f"{scheme}://{address}", "--timeout", "3", "--connect-timeout", "3", rc=UNREACHABLE)
    check_failed(result, "tls" if scheme == "https" else "service", "", "does the service hang" if scheme == "https" else "it hangs")
    assert result[0]["login"][0] == "-"


def test_no_address(doctor):
    found, _ = doctor("ftp://x", rc=USAGE)
    assert found["address"][0] == "FAIL" and "unknown scheme" in found["address"][1]


def test_plain_text_on_a_port_of_tls(doctor, stack):
    endpoint = stack.namenode.replace("http:", "https:")
    check_failed(doctor(endpoint, rc=UNREACHABLE), "tls", "speaks no TLS", f"say {stack.namenode}")


@pytest.mark.parametrize("what", WRONG)
def test_wrong_certificates(doctor, tmp_path, what):
    """Whose it is, is told; and not a byte is sent."""
    more, host, trusted, words = WRONG[what]
    advice = {"expired": "renew", "self-signed": "openssl s_client", "wrong-host": "name that the certificate is for"}
    pem = certificate(tmp_path, what, host, *more)
    login = ["--auth-file", login_file(tmp_path, "alice")]
    with tls(pem) as (endpoint, told):
        result = doctor(endpoint, *login, *(["--cacert", pem] if trusted else []), rc=UNREACHABLE)
    check_failed(result, "tls", words, advice[what])
    assert re.search(f"certificate of CN ?= ?{host}, issued by CN ?= ?{host}, valid until ", result[0]["tls"][1])
    assert not [data for data in told if data]


def test_not_hdfs(doctor, stack):
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(404)

        def log_message(self, *words):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        result = doctor(f"http://localhost:{server.server_port}", rc=1)
        server.shutdown()
    check_failed(result, "service", "", "is it the HTTP port of a NameNode")
    rpc = stack.rpc.replace("hdfs:", "http:")
    check_failed(doctor(rpc, rc=1), "service", "Hadoop IPC port", "WebHDFS is at the HTTP port")


def test_no_such_folder(doctor, stack):
    check_failed(doctor(f"{stack.namenode}/none/at/all", rc=MISSING), "folder", "/none/at/all", "directory")


def test_datanodes_that_cannot_be_reached(doctor, hdfs, stack):
    endpoint, name = f"{stack.namenode}{hdfs.url_path}", stack.datanodes[0].removeprefix("http://")
    result = doctor(endpoint, "--user", "alice", "--datanode-map", "localhost=nowhere.invalid", rc=UNREACHABLE)
    check_failed(result, "datanode", "no such host", f"datanode_map leads there from {name}")
    assert f"(datanode_map; called {name})" in result[0]["datanode"][1]
    closed = f"*=localhost:{free_port()}"
    result = doctor(endpoint, "--user", "alice", "--datanode-map", closed, rc=UNREACHABLE)
    check_failed(result, "datanode", "cannot connect", "needs another TO")
    assert hdfs.names() == []


def test_datanodes_that_call_themselves_localhost(doctor, monkeypatch):
    """A proxy is the NameNode, which is elsewhere."""
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    status = {"pathSuffix": "", "type": "DIRECTORY", "length": 0, "permission": "755", "owner": "a", "group": "g", "modificationTime": 1}
    status |= {"accessTime": 0, "blockSize": 0, "replication": 0, "fileId": 16385, "childrenNum": 0, "storagePolicy": 0}
    location = "http://localhost:9864/webhdfs/v1/x?op=CREATE&namenoderpcaddress=nn:8020"

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def answer(self):
            text = json.dumps({"Location": location} if self.command == "PUT" else {"FileStatus": status}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_PUT = answer

        def log_message(self, *words):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        result = doctor("http://namenode.example:9870", "--user", "alice", "--proxy", f"http://127.0.0.1:{server.server_port}", rc=1)
        server.shutdown()
    check_failed(result, "redirect", "namenode.example leads to localhost", "datanode_map = localhost:9864=HOST:PORT")


def test_a_datanode_that_is_down(doctor, hdfs, mend):
    """The NameNode goes on naming it: the line for the profile is said."""
    name = mend.datanodes[0].removeprefix("http://")
    mend.kill("dn1")
    result = doctor(f"{mend.namenode}{hdfs.url_path}", "--user", "alice", rc=UNREACHABLE)
    check_failed(result, "datanode", "cannot connect", f"datanode_map = {name}=HOST:PORT")


def test_who_may_only_read(doctor, hdfs, stack):
    hdfs.write("f", b"one")
    hdfs.ask("PUT", "SETPERMISSION", user="root", permission="555")
    result = doctor(f"{stack.namenode}{hdfs.url_path}", "--user", "bob", rc=DENIED)
    check_failed(result, "write", "Permission denied: user=bob", "--no-write")
    assert result[0]["read"] == ("ok", f"1 byte of {hdfs.path('f')}")
    other = doctor(stack.namenode, "--user", "bob", after=["--write", hdfs.path()], rc=DENIED)
    check_failed(other, "write", "Permission denied: user=bob", hdfs.path())


def test_safe_mode(doctor, hdfs, stack):
    hdfs.write("f", b"one")
    stack.admin("-safemode", "enter")
    try:
        result = doctor(f"{stack.namenode}{hdfs.url_path}", "--user", "alice", "--timeout", "5", rc=1)
    finally:
        stack.admin("-safemode", "leave")
    check_failed(result, "write", "SafeModeException", "safe mode")
    assert result[0]["read"][0] == "ok"


# Configuration.


@pytest.fixture
def config(program, tmp_path):
    """config(*arguments): {option: (value, source)}, of a file with two profiles."""
    file = tmp_path / "knoxfs.conf"
    secret_file(
        file,
        "# clusters\n[prod]\nendpoint = https://gw:8443/gateway/prod\nauth-command = echo alice:canary-secret\n"
        "proxy = http://me:canary-secret@proxy:3128\nuser=alice\n\n[test]\nendpoint=http://nn\n",
    )

    def show(*line, rc=0, env=None):
        done = run(program, *line, rc=rc, env={"KNOXFS_CONFIG": str(file)} | (env or {}))
        assert b"canary-secret" not in done.stdout + done.stderr
        rows = [row.split("\t") for row in done.stdout.decode().splitlines()]
        return {row[0]: tuple(row[1:]) for row in rows} if rc == 0 else done.stderr.decode()

    show.file = file
    return show


def test_config(config):
    shown = config("--attr-timeout", "7", "config", "prod", env={"HADOOP_USER_NAME": "bob"})
    assert shown["endpoint"] == ("https://gw:8443/gateway/prod", f"{config.file}:3")
    assert shown["auth_command"] == ("?", f"{config.file}:4")
    assert shown["proxy"] == ("http://***@proxy:3128", f"{config.file}:5")
    assert shown["user"] == ("bob", "environment")
    assert shown["attr_timeout"] == ("7", "option")
    assert shown["entry_timeout"] == ("1", "default")
    assert config("config", "prod:/a")["path"] == ("/a", "option")
    assert config("config", "http://x")["endpoint"] == ("http://x", "option")
    assert config("config")["endpoint"] == ("", "default")


def test_profiles_are_listed(config):
    assert config("config", "--list") == {
        "prod": ("https://gw:8443/gateway/prod", f"{config.file}:3"),
        "test": ("http://nn", f"{config.file}:9"),
    }


def test_the_environment_of_pyox(config):
    knox = {"HADOOP_HOST": "gw:8443", "HADOOP_GATEWAY": "t", "HADOOP_PROXY_HTTPS": "http://p:1"}
    shown = config("config", env=knox)
    assert shown["endpoint"] == ("https://gw:8443/gateway/t", "environment") and shown["proxy"][0] == "http://p:1"
    assert config("config", env={"HADOOP_BASE": "http://x"})["endpoint"] == ("http://x", "environment")
    assert config("config", env={"KNOXFS_PROFILE": "test"})["endpoint"] == ("http://nn", f"{config.file}:9")
    assert config("--host", "h:1", "--secure", "config", env=knox | {"HADOOP_GATEWAY": ""})["endpoint"][0] == "https://h:1"


def test_wrong_calls(config):
    assert "there is no such command" in config("nothing", rc=USAGE)
    assert "there is no such command" in config("help", "nothing", rc=USAGE)
    assert "too many operands" in config("help", "config", "x", rc=USAGE)
    assert "there is no such option" in config("--nothing", "config", rc=USAGE)
    assert "a command is missing" in config(rc=USAGE)
    assert "too many operands" in config("config", "a", "b", rc=USAGE)
    assert "--write: needs a value" in config("doctor", "--write", rc=USAGE)
    assert "there is no such profile" in config("config", "none", rc=USAGE)
    assert "attr_timeout=soon: seconds" in config("--attr-timeout=soon", "config", rc=USAGE)


def test_help_and_completion_are_of_the_table(program, tmp_path):
    text = run(program, "--help").stdout.decode()
    assert "doctor [NAME|URL]" in text and "--auth-file FILE" in text
    assert run(program, "help").stdout.decode() == text and "help [COMMAND]" in text
    one = run(program, "doctor", "--help").stdout.decode()
    assert "--no-write" in one and run(program, "help", "doctor").stdout.decode() == one
    script = tmp_path / "completion"
    script.write_bytes(run(program, "@completion").stdout)
    words = f"source {script}; COMP_WORDS=(knoxctl doctor --w); COMP_CWORD=2; _knoxctl; echo ${{COMPREPLY[@]}}"
    assert run("bash", "-c", words).stdout == b"--write\n"
    words = f"source {script}; COMP_WORDS=(knoxctl help do); COMP_CWORD=2; _knoxctl; echo ${{COMPREPLY[@]}}"
    assert run("bash", "-c", words).stdout == b"doctor\n"
    words = f"source {script}; COMP_WORDS=(knoxctl do); COMP_CWORD=1; _knoxctl; echo ${{COMPREPLY[@]}}"
    assert run("bash", "-c", words).stdout == b"doctor\n"


def test_a_password_on_the_command_line_is_wiped(program):
    """As pyox takes it: gone from the list of processes and the environment before a server is asked."""
    seen = {}

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if not seen:
                for name in ("cmdline", "environ"):
                    with contextlib.suppress(PermissionError):
                        seen[name] = Path(f"/proc/{process.pid}/{name}").read_bytes()
                seen["limits"] = Path(f"/proc/{process.pid}/limits").read_text()
                seen["told"] = self.headers["Authorization"]
            self.send_error(404)

        def log_message(self, *words):
            pass

    for line, env in ((["--auth", "alice:canary-secret"], {}), ([], {"HADOOP_AUTH": "alice:canary-secret"})):
        seen.clear()
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            with Running(program, *line, "doctor", f"http://localhost:{server.server_port}", env=env) as process:
                done = process.result(30)
            server.shutdown()
        assert seen["told"].startswith("Basic ")
        assert b"alice:" in seen["cmdline"] or b"HADOOP_AUTH=alice:" in seen.get("environ", b"HADOOP_AUTH=alice:")
        assert b"canary-secret" not in seen["cmdline"] + seen.get("environ", b"") + done.stdout + done.stderr
        assert re.search(r"Max core file size +0 +0 ", seen["limits"])
