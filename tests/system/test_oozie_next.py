"""The times of a coordinator's next runs are those that the real Oozie then makes runs for."""

import errno

import pytest
from knoxtest import until
from knoxtest.jobs import FS, JOB_S, job_of, post, put_application, services, status
from knoxtest.tree import reason, refused

pytestmark = [pytest.mark.slow, pytest.mark.limit(400)]

# Its runs are made, and wait for what never comes: none of them costs a container.
WAITING = """\
<coordinator-app name="{name}" frequency="{frequency}" start="{start}" end="{end}" timezone="{zone}"
    xmlns="uri:oozie:coordinator:0.4">
  <controls><throttle>{throttle}</throttle></controls>
  <datasets><dataset name="d" frequency="1" initial-instance="2009-01-01T00:00Z" timezone="UTC">
    <uri-template>${{nameNode}}/user/alice/never</uri-template><done-flag/>
  </dataset></datasets>
  <input-events><data-in name="in" dataset="d"><instance>${{coord:current(0)}}</instance></data-in></input-events>
  <action><workflow><app-path>${{nameNode}}/user/alice/each-next</app-path></workflow></action>
</coordinator-app>
"""

MADE, SHOWN = 2, 10


@pytest.fixture(scope="module")
def waiting(jobs, cluster):
    """waiting(frequency, start, ...): a coordinator whose runs wait, killed at the end."""
    put_application(jobs, "each-next", FS.format(name="each-next"))
    made = []

    def make(frequency: str, start: str, zone: str = "UTC", end: str = "2030-01-01T00:00Z", throttle: int = MADE) -> str:
        name = f"next-{len(made)}"
        text = WAITING.format(name=name, frequency=frequency, start=start, end=end, zone=zone, throttle=throttle)
        made.append(post(cluster, put_application(jobs, name, text, "coordinator.xml"), "coord"))
        return made[-1]

    yield make
    for job in made:
        if status(jobs, job) in ("RUNNING", "PREP", "SUSPENDED", "PAUSED"):
            (job_of(jobs, job) / "ctl").write_text("kill\n")


def grid(jobs, job: str, count: int) -> list[str]:
    """The times of its runs, when as many are made."""
    there = job_of(jobs, job)

    def times() -> list[str]:
        return sorted(line.split("\t")[1] for line in (there / "grid").read_text().splitlines())

    return until(lambda: len(times()) >= count and times(), JOB_S, f"{count} runs of {job}")


@pytest.mark.parametrize("frequency, start, zone", [
    ("${coord:days(1)}", "2024-03-27T23:30Z", "Europe/Berlin"),
    ("${coord:days(1)}", "2024-03-29T01:30Z", "Europe/Berlin"),
    ("${coord:hours(12)}", "2024-10-25T00:00Z", "Europe/Berlin"),
    ("${coord:months(1)}", "2023-10-31T00:00Z", "America/Los_Angeles"),
    ("${coord:endOfDays(1)}", "2024-03-27T08:00Z", "Europe/Berlin"),
    ("${coord:endOfMonths(1)}", "2023-10-31T08:00Z", "UTC"),
    ("10/20 22-1 * * MON-FRI", "2024-03-28T23:00Z", "UTC"),
    ("0 10 13 * FRI", "2024-01-01T00:00Z", "UTC"),
    ("0 0 L-1 * ?", "2023-10-31T08:00Z", "UTC"),
    ("0 0 15W * ?", "2023-10-31T08:00Z", "UTC"),
    ("0 0 ? * 6#3", "2023-10-31T08:00Z", "UTC"),
])  # fmt: skip
def test_what_is_shown_is_what_oozie_makes(jobs, waiting, frequency, start, zone):
    """Oozie makes runs of one coordinator as far as its throttle goes; another of the same times has a wider one."""
    job = waiting(frequency, start, zone)
    more = waiting(frequency, start, zone, throttle=MADE + SHOWN)
    first = grid(jobs, job, MADE)
    assert len(first) == MADE
    shown = (job_of(jobs, job) / "next").read_text().split()
    assert len(shown) == SHOWN
    assert first + shown == grid(jobs, more, MADE + SHOWN)


def test_before_anything_is_made(jobs, waiting):
    job = waiting("${coord:endOfMonths(1)}", "2099-01-31T08:00Z", end="2099-05-01T00:00Z")
    there = job_of(jobs, job)
    assert (there / "grid").read_text() == ""
    assert (there / "next").read_text() == "".join(f"2099-0{month}-01T00:00:00Z\n" for month in (2, 3, 4))
    job = waiting("${coord:days(1)}", "2099-01-30T08:00Z", end="2099-02-02T00:00Z")
    assert (job_of(jobs, job) / "next").read_text() == "".join(f"2099-{day}T08:00:00Z\n" for day in ("01-30", "01-31", "02-01"))
    (job_of(jobs, job) / "ctl").write_text("kill\n")
    assert (job_of(jobs, job) / "next").read_text() == ""


def test_what_cannot_be_told_has_its_reason(jobs, waiting):
    there = job_of(jobs, waiting("${coord:endOfWeeks(1)}", "2099-01-31T08:00Z", end="2099-05-01T00:00Z"))
    refused(errno.ENODATA, (there / "next").read_text)
    assert "when Oozie has made a run" in reason(there / "next")
