"""Rows of pairs, and what is said of them: medians and ratios, with the spread."""

import os
from dataclasses import dataclass
from statistics import median


@dataclass
class Pair:
    """One run of each, one right after the other."""

    curl_s: float
    curl_cpu_s: float
    mount_s: float
    mount_cpu_s: float  # the driver and the program that used the mount
    rss_mib: float


def spread(values: list[float], digits: int = 2) -> str:
    return f"{median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def report(name: str, size_bytes: int, pairs: list[Pair], requests: dict[str, int]) -> None:
    """Print the pairs and their medians. ratio: the mount's speed by curl's, pair by pair; 1 is as fast."""
    gib = size_bytes / 2**30
    print(f"{name}: {gib:.2f} GiB, {len(pairs)} pairs, load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
    for pair in pairs:
        print(f"  curl {pair.curl_s:.2f} s, {pair.curl_cpu_s:.2f} CPU s   mount {pair.mount_s:.2f} s, {pair.mount_cpu_s:.2f} CPU s, {pair.rss_mib:.1f} MiB")
    print(f"  speed by curl's   {spread([p.curl_s / p.mount_s for p in pairs])}")
    print(f"  MiB/s             curl {spread([gib * 1024 / p.curl_s for p in pairs], 0)}   mount {spread([gib * 1024 / p.mount_s for p in pairs], 0)}")
    print(f"  CPU s a GiB       curl {spread([p.curl_cpu_s / gib for p in pairs])}   mount {spread([p.mount_cpu_s / gib for p in pairs])}")
    print(f"  largest RSS, MiB  {max(p.rss_mib for p in pairs):.1f}")
    print(f"  requests          {', '.join(f'{k} {v}' for k, v in requests.items())}")
