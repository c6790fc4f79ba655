"""Whatever programs do to the virtual trees: it never sends anything that changes a server, and sizes are true.

KNOXFS_LONG=1: 100,000 steps of the walk, not 10,000.  KNOXFS_SEED: which ones; it is printed with what fails.
"""

import json
import os
import random
import sys

import pytest
from faultproxy import Proxy
from knoxtest import run, sh, until
from knoxtest.jobs import FS, JOB_S, SHELL, ended, job_of, post, put_application, services
from knoxtest.walker import Walker

pytestmark = [pytest.mark.slow, pytest.mark.limit(900)]

TREES = (".oozie", ".cluster")
CHANGES = ("POST", "PUT", "DELETE")
STEPS = 100_000 if os.environ.get("KNOXFS_LONG") else 10_000
SEED = int(os.environ.get("KNOXFS_SEED") or random.SystemRandom().randrange(1 << 32))

DAYS = """\
<coordinator-app name="some-days" frequency="${coord:days(1)}" start="2026-03-01T00:00Z" end="2026-03-03T00:00Z"
    timezone="UTC" xmlns="uri:oozie:coordinator:0.4">
  <action><workflow><app-path>${nameNode}/user/alice/each-day</app-path></workflow></action>
</coordinator-app>
"""


@pytest.fixture(scope="module")
def watched(lasting, cluster):
    """A mount whose servers are behind proxies that let no change through, and count the attempts."""
    forbidden = [{"method": method, "status": 500} for method in CHANGES]
    urls = services(cluster) | {"namenode": cluster.namenode}
    proxies = {}
    try:
        for name, url in urls.items():
            origin, slash, path = url.removeprefix("http://").partition("/")
            proxies[name] = Proxy(f"http://{origin}", rules=forbidden), slash + path
        there = {name: proxy.namenode + path for name, (proxy, path) in proxies.items()}
        server = there.pop("namenode")
        yield lasting("/", server=server, hidevirtual=None, **there), [proxy for proxy, _ in proxies.values()]
    finally:
        for proxy, _ in proxies.values():
            proxy.close()


def attempts(proxies) -> int:
    """Requests that would have changed something."""
    return sum(rule["fired"] for proxy in proxies for rule in proxy.stats()["rules"])


@pytest.fixture(scope="module")
def spoken(jobs, cluster) -> str:
    """A workflow whose container has ended, and a coordinator with two runs beside it."""
    put_application(jobs, "each-day", FS.format(name="each-day"))
    post(cluster, put_application(jobs, "some-days", DAYS, "coordinator.xml"), "coord")
    text = SHELL.format(name="spoken", exec="echo", argument="word=there")
    job = post(cluster, put_application(jobs, "spoken", text))
    assert ended(jobs, job) == "SUCCEEDED"
    logs = job_of(jobs, job) / "actions/sh/logs"
    until(lambda: any(logs.glob("container_*/stdout")), JOB_S, "its logs are collected")
    return job


def application(mount, job: str) -> str:
    return f".cluster/apps/{(job_of(mount, job) / 'actions/sh/external-id').read_text().strip()}"


def test_anything_at_all(watched, done, spoken):
    mount, proxies = watched
    app = application(mount, spoken)
    known = [
        ".oozie", ".oozie/jobs", f".oozie/jobs/{done}", f".oozie/jobs/{done}/actions", f".oozie/jobs/{done}/actions/make",
        ".oozie/jobs/by-user", ".oozie/jobs/by-user/alice", ".oozie/jobs/by-name/fs", ".oozie/jobs/q/status=SUCCEEDED",
        ".oozie/coordinators", ".oozie/bundles", ".oozie/sharelib", ".oozie/submit", ".cluster", ".cluster/mount",
        ".cluster/mount/pending", ".cluster/apps", ".cluster/apps/all", ".cluster/apps/by-user/alice", ".cluster/queues",
        ".cluster/nodes", ".cluster/metrics", f".oozie/jobs/{done}/wait", ".cluster/mount/log.follow", ".oozie/events",
        ".oozie/jobs/0000000-260101000000000-oozie-root-W", ".cluster/apps/application_1_0001",
        app, f"{app}/logs", f".oozie/jobs/{spoken}/actions/sh", f".oozie/jobs/{spoken}/actions/sh/logs",
    ]  # fmt: skip
    walker = Walker(mount.path, SEED, known)
    walker.walk(STEPS)
    assert mount.is_running()
    assert attempts(proxies) == 0
    assert walker.refusals > walker.steps // 20  # it did try
    assert len(walker.done) == len(walker.actions)
    assert (mount / ".oozie/status").read_text() == "NORMAL\n"


@pytest.fixture(scope="module")
def listed(jobs, spoken, tmp_path_factory):
    """All files that a walk finds but those of all coordinators: of one, of a job and of an application.
    Names in a file, separated by NUL."""
    coordinator = next(name for name in os.listdir(jobs / ".oozie/coordinators") if name.endswith("-C"))
    more = [f".oozie/coordinators/{coordinator}", f".oozie/jobs/{spoken}", application(jobs, spoken)]
    line = [*TREES, *more, "(", "-path", ".oozie/coordinators", "-o", "-name", "users", ")", "-prune", "-o", "-type", "f", "-print0"]
    found = run("find", *line, cwd=jobs.path, timeout=120).stdout
    list_file = tmp_path_factory.mktemp("listed") / "names"
    list_file.write_bytes(found)
    return list_file


FOLDERS = """xargs -0 -a "$1" dirname -z | sort -zu | (cd "$2" && xargs -0 mkdir -p)"""
EACH = f"""{FOLDERS}; while IFS= read -r -d '' name; do %s; done < "$1" """
COPY = "import shutil, sys; shutil.copyfile(*sys.argv[1:])"
PROGRAMS = {
    "cp": 'xargs -0 -a "$1" cp --parents -t "$2"',
    "tar": 'tar c --null -T "$1" | tar x -C "$2"',
    "rsync": 'rsync -r --from0 --files-from="$1" . "$2"',
    "cat": EACH % 'cat "$name" > "$2/$name"',
    "less": EACH % 'less -f "$name" > "$2/$name"',
}


def judge(there, name: str) -> None:
    """What can be said of any of them: nothing is cut off."""
    data = (there / name).read_bytes()
    if name.endswith(".json"):
        json.loads(data)
    elif data and "/logs/" not in name and not name.endswith((".png", ".xml", ".svg", ".dot")):
        assert data.endswith(b"\n"), name


def copied_by_vim(folder, names: list[str], target, where) -> None:
    """Each is opened, and written to another place, by one vim."""
    quoted = [(name.replace("'", "''"), f"{target}/{name}".replace("'", "''")) for name in names]
    script = where / "copy.vim"
    script.write_text("".join(f"exe 'e! ' .. fnameescape('{a}')\nexe 'w! ' .. fnameescape('{b}')\n" for a, b in quoted) + "qa!\n")
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
    run("vim", "-bNnes", "-u", "NONE", "-i", "NONE", "-S", script, cwd=folder, timeout=200)


def test_programs_copy_every_file_of_a_running_job(jobs, sleeper, tmp_path):
    """Whatever changes meanwhile: a copy is one whole text, and no program finds a size that is not true."""
    until(lambda: (job_of(jobs, sleeper) / "actions/sh/external-id").read_text().startswith("application_"), JOB_S)
    job, app = f".oozie/jobs/{sleeper}", application(jobs, sleeper)
    until(lambda: (jobs / app / "state").read_text() == "RUNNING\n", JOB_S, "it runs")
    line = [job, app, "(", "-path", f"{app}/logs", "-o", "-name", "graph.png", ")", "-prune", "-o", "-type", "f", "-print0"]
    found = run("find", *line, cwd=jobs.path, timeout=120).stdout
    (tmp_path / "names").write_bytes(found)
    names = found.decode().split("\0")[:-1]
    assert {f"{job}/.running", f"{job}/info.json", f"{job}/log", f"{app}/info.json", f"{job}/actions/sh/conf.xml"} <= set(names)
    for program, line in PROGRAMS.items():
        (tmp_path / program).mkdir()
        sh(line, tmp_path / "names", tmp_path / program, cwd=jobs.path, timeout=200)
    (tmp_path / "vim").mkdir()
    copied_by_vim(jobs.path, names, tmp_path / "vim", tmp_path)
    for program in (*PROGRAMS, "vim"):
        for name in names:
            judge(tmp_path / program, name)
        assert (tmp_path / program / job / "status").read_text() == "RUNNING\n", program
        assert (tmp_path / program / job / "definition.xml").read_bytes() == (jobs / job / "definition.xml").read_bytes(), program


@pytest.mark.parametrize("program", [*PROGRAMS, "vim"])
def test_programs_copy_every_file(jobs, spoken, listed, tmp_path, program):
    names = listed.read_text().split("\0")[:-1]
    assert len(names) > 200
    if program == "vim":
        names = [name for name in names if name.startswith((f".oozie/jobs/{spoken}/", application(jobs, spoken)))]
        copied_by_vim(jobs.path, names, tmp_path, tmp_path)
    else:
        sh(PROGRAMS[program], listed, tmp_path, cwd=jobs.path, timeout=200)
    assert len(names) > 60
    for name in names:
        judge(tmp_path, name)
        if name.startswith(f".oozie/jobs/{spoken}/"):  # it does not change any more
            assert (tmp_path / name).read_bytes() == (jobs / name).read_bytes(), name


def test_programs_look_through_every_file(jobs, spoken, listed, tmp_path):
    counted = sh('xargs -0 -a "$1" wc -c', listed, cwd=jobs.path, timeout=200).stdout.decode()
    sizes = {name: int(size) for size, name in (line.split(None, 1) for line in counted.splitlines())}
    there = [".cluster", ".oozie/jobs", f".oozie/jobs/{spoken}"]
    found = run("grep", "-rl", "SUCCEEDED", *there, cwd=jobs.path, timeout=200)
    assert f".oozie/jobs/{spoken}/status" in found.stdout.decode().split()
    for name in (one for one in sizes if one.startswith(f".oozie/jobs/{spoken}/")):
        assert sizes[name] == len((jobs / name).read_bytes()), name
    for name in ("info.json", "graph.png", "definition.xml", "status", "log"):
        there, copy = jobs / f".oozie/jobs/{spoken}" / name, tmp_path / name
        run("vim", "-bNes", "-u", "NONE", "-i", "NONE", "-c", f"w! {copy}", "-c", "q!", there)
        assert copy.read_bytes() == there.read_bytes(), name
        run(sys.executable, "-c", COPY, there, copy)
        assert copy.read_bytes() == there.read_bytes(), name
