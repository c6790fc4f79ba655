"""A long history of jobs: it is listed as it is read, and reading all of it asks the server once a job at most."""

import errno
import itertools
import os
import threading
from urllib.parse import urlsplit

import pytest
from faultproxy import Proxy
from knoxstack.history import many_jobs
from knoxtest import run
from knoxtest.jobs import services
from knoxtest.tree import refused

pytestmark = [pytest.mark.slow, pytest.mark.limit(400)]

MANY = 100_000
PAGES = MANY // 900 + 40  # a page is 1000 jobs at most, 900 as far as it can be foreseen
READERS = 24
FLIGHT_MAX = 8
GROWTH_BYTES = 24 * 1024 * 1024


@pytest.fixture(scope="module")
def history(cluster, done):
    with many_jobs(cluster, MANY):
        yield


@pytest.fixture(scope="module")
def lasting_way(cluster):
    url = urlsplit(cluster.services["oozie"])
    with Proxy(f"{url.scheme}://{url.netloc}") as proxy:
        yield proxy, proxy.namenode + url.path


@pytest.fixture
def mount(history, lasting_way, lasting, cluster):
    proxy, url = lasting_way
    mount = lasting("/", hidevirtual=None, **(services(cluster) | {"oozie": url}))
    assert (mount / ".oozie/status").read_text() == "NORMAL\n"
    proxy.rules()
    proxy.reset()
    return mount


def test_a_long_history_is_listed_by_pages(mount, lasting_way, sanitized, done):
    proxy, _ = lasting_way
    there = mount / ".oozie/jobs/all"
    before = mount.rss()
    first = run("bash", "-c", f"ls -f '{there}' | head -n 5").stdout.split()
    # ls goes on until it is told that nobody reads, or the pipe is full: 64 KiB of names are less than two pages
    assert len(first) == 5 and 1 <= proxy.count("namenode") <= 3, proxy.stats()["requests"]
    assert "all" not in os.listdir(mount / ".oozie/jobs")
    proxy.reset()
    with os.scandir(there) as entries:
        names = {entry.name for entry in entries}
    assert done in names and len([name for name in names if "-many-W" in name]) == MANY
    assert proxy.count("namenode") <= PAGES
    assert sanitized or mount.rss() < before + GROWTH_BYTES, (before, mount.rss())


def test_long_lists_have_what_listings_say(mount, lasting_way):
    """Times and kinds of one page, without a request a job."""
    proxy, _ = lasting_way
    there = mount / ".oozie/jobs/all"
    with os.scandir(there) as entries:
        some = itertools.islice((entry for entry in entries if "-many-W" in entry.name), 300)
        times = [entry.stat(follow_symlinks=False).st_mtime for entry in some]  # as it reads, like ls -l
    assert proxy.count("namenode") <= 3, proxy.stats()["requests"]
    assert times == sorted(times, reverse=True) and len(set(times)) > 1
    named = mount / ".oozie/jobs/by-name/many"
    with os.scandir(named) as entries:
        some = [entry.name for entry in itertools.islice(entries, 1500)]
    assert len(set(some)) == 1500
    assert (named / some[-1] / "status").read_text() == "SUCCEEDED\n"
    refused(errno.ENOENT, os.stat, mount / ".oozie/jobs/by-name/nothing" / some[-1])


def test_a_storm_is_a_request_a_job(mount, lasting_way):
    proxy, _ = lasting_way
    there = mount / ".oozie/jobs/all"
    with os.scandir(there) as entries:
        some = [entry.name for entry in itertools.islice(entries, 1200) if "-W" in entry.name][-200:]
    proxy.reset()
    proxy.rules({"latency_ms": 20})
    folders = " ".join(f"'{there}/{name}'" for name in some)
    found = run("bash", "-c", f"printf '%s\\0' {folders} | xargs -0 -n 8 -P {READERS} sh -c 'find \"$@\" -name status -exec cat {{}} \\;' sh")
    assert found.stdout.count(b"\n") == len(some)
    assert proxy.count("namenode") <= len(some) + 2, proxy.stats()["requests"]
    assert proxy.most("namenode") <= FLIGHT_MAX


def test_two_read_it_and_one_reads_it_again(mount, lasting_way):
    """Each open directory has its own place in the list, here one of a filter with times of its own."""
    there = mount / ".oozie/jobs/q/name=many;startcreatedtime=-12h"
    told: list[list[str]] = []

    def read() -> None:
        with os.scandir(there) as entries:
            told.append([entry.name for entry in itertools.islice(entries, 2500)])

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    read()
    assert told[0] == told[1] == told[2] and len(set(told[0])) == 2500
