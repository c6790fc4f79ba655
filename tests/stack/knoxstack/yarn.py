"""YARN and the job history: one ResourceManager, one NodeManager, one history server."""

import json

from . import jars, java, probe, process
from .conf import HOST, Plan, Sites, superuser

LOGS = "/tmp/logs"  # where the containers' logs are collected, in HDFS

# A container is a small JVM, too; the mark lets its stack find and stop it.
CONTAINER_HEAP = "128m"


def container_options(plan: Plan) -> str:
    return " ".join([*java.options(CONTAINER_HEAP), process.mark(plan.folder, "container")])


def common(plan: Plan) -> Sites:
    """What daemons, clients and containers read."""
    libraries = f"{jars.folder()}/jars/*"
    mapred = {
        "mapreduce.framework.name": "yarn",
        "mapreduce.jobhistory.address": plan.address("jhs", "rpc"),
        "mapreduce.jobhistory.webapp.address": plan.address("jhs", "http"),
        "mapreduce.jobhistory.admin.address": plan.address("jhs", "admin"),
        "mapreduce.shuffle.port": str(plan.port("nm", "shuffle")),
        "mapreduce.application.classpath": libraries,
        "mapreduce.map.memory.mb": "256",
        "mapreduce.reduce.memory.mb": "256",
        "yarn.app.mapreduce.am.resource.mb": "384",
        "mapreduce.map.java.opts": container_options(plan),
        "mapreduce.reduce.java.opts": container_options(plan),
        "yarn.app.mapreduce.am.command-opts": container_options(plan),
        "mapreduce.task.io.sort.mb": "16",
    }
    yarn = {
        "yarn.resourcemanager.hostname": HOST,
        "yarn.resourcemanager.address": plan.address("rm", "rpc"),
        "yarn.resourcemanager.scheduler.address": plan.address("rm", "scheduler"),
        "yarn.resourcemanager.resource-tracker.address": plan.address("rm", "tracker"),
        "yarn.resourcemanager.admin.address": plan.address("rm", "admin"),
        "yarn.resourcemanager.webapp.address": plan.address("rm", "http"),
        "yarn.resourcemanager.webapp.delegation-token-auth-filter.enabled": "false",
        "yarn.resourcemanager.nodemanagers.heartbeat-interval-ms": "250",
        "yarn.log-aggregation-enable": "true",
        "yarn.nodemanager.remote-app-log-dir": LOGS,
        "yarn.log.server.url": f"{plan.url('jhs')}/jobhistory/logs",
        "yarn.application.classpath": f"{plan.conf('client')},{libraries}",
        "yarn.scheduler.minimum-allocation-mb": "64",
        "yarn.scheduler.maximum-allocation-mb": "3072",
        "yarn.timeline-service.enabled": "false",
        "yarn.acl.enable": "false",
    }
    return {"mapred-site.xml": mapred, "yarn-site.xml": yarn}


def resourcemanager_settings(plan: Plan, name: str) -> Sites:
    package = "org.apache.hadoop.yarn.server.resourcemanager.scheduler.capacity"
    yarn = {"yarn.resourcemanager.scheduler.class": f"{package}.CapacityScheduler"}
    capacity = {
        "yarn.scheduler.capacity.root.queues": "default,second",  # nobody uses that one but who moves into it
        "yarn.scheduler.capacity.root.default.capacity": "95",
        "yarn.scheduler.capacity.root.second.capacity": "5",
        # A launcher is an application master, and the only container of most jobs.
        "yarn.scheduler.capacity.maximum-am-resource-percent": "0.9",
        "yarn.scheduler.capacity.node-locality-delay": "0",
    }
    return {"yarn-site.xml": yarn, "capacity-scheduler.xml": capacity}


def resourcemanager_ready(plan: Plan, name: str) -> bool:
    return b"STARTED" in (probe.ask(f"{plan.url(name)}/ws/v1/cluster/info") or b"")


def nodemanager_settings(plan: Plan, name: str) -> Sites:
    yarn = {
        "yarn.nodemanager.hostname": HOST,
        "yarn.nodemanager.address": plan.address(name, "rpc"),
        "yarn.nodemanager.webapp.address": plan.address(name, "http"),
        "yarn.nodemanager.localizer.address": plan.address(name, "localizer"),
        "yarn.nodemanager.aux-services": "mapreduce_shuffle",
        "yarn.nodemanager.resource.memory-mb": "3072",
        "yarn.nodemanager.resource.cpu-vcores": "8",
        "yarn.nodemanager.vmem-check-enabled": "false",
        "yarn.nodemanager.pmem-check-enabled": "false",
        "yarn.nodemanager.local-dirs": str(plan.data(name) / "local"),
        "yarn.nodemanager.log-dirs": str(plan.data(name) / "logs"),
        "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage": "99.5",
        "yarn.nodemanager.delete.debug-delay-sec": "0",
        # Only of applications that name files which they leave to be collected while they run.
        "yarn.nodemanager.log-aggregation.roll-monitoring-interval-seconds": "3",
        "yarn.nodemanager.log-aggregation.roll-monitoring-interval-seconds.min": "3",
        "yarn.nodemanager.sleep-delay-before-sigkill.ms": "100",
    }
    return {"yarn-site.xml": yarn}


def nodemanager_ready(plan: Plan, name: str) -> bool:
    """The ResourceManager gives it containers."""
    body = probe.ask(f"{plan.url('rm')}/ws/v1/cluster/nodes")
    nodes = (json.loads(body or b"{}").get("nodes") or {}).get("node", [])
    here = plan.address(name, "http")
    return any(n["state"] == "RUNNING" and n["nodeHTTPAddress"] == here for n in nodes)


def history_settings(plan: Plan, name: str) -> Sites:
    return {}


def history_ready(plan: Plan, name: str) -> bool:
    return b"hadoopVersion" in (probe.ask(f"{plan.url(name)}/ws/v1/history/info") or b"")


def folders(plan: Plan) -> list[tuple[str, str, str]]:
    """What has to be in HDFS: (path, owner, mode)."""
    return [(LOGS, superuser(), "1777")]
