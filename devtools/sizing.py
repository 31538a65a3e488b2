"""What PostgreSQL is given of a machine, by its memory, processors and free disk.

The rules are the usual ones for a server that shares its machine with the application: a quarter of the memory as its own
buffers, room for the log of half an hour of heavy writing between checkpoints, and sorts that could all run at once.
`scripts/postgres.sh` computes the same for the container; a test holds the two against each other.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MB = 1024**2
GB = 1024**3
CONNECTIONS = 100
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def sized(memory: int, processors: int, free_disk: int) -> dict[str, str]:
    """Settings of PostgreSQL by name. ``memory`` and ``free_disk`` in bytes.

    The log may take a third of the free disk: after each checkpoint a night of a million loans writes each page it touches
    once whole, 3 GB, and a small log forces one within it. On the smallest machine every figure is what suits 1 GB of
    memory.
    """
    buffers = _between(memory // 4, 128 * MB, 16 * GB)
    log = _between(min(memory // 2, free_disk // 3), GB, 16 * GB)
    return {
        "shared_buffers": _megabytes(buffers),
        "effective_cache_size": _megabytes(_between(memory * 5 // 8, 512 * MB, 1024 * GB)),
        "work_mem": _megabytes(_between((memory - buffers) // (3 * CONNECTIONS), 8 * MB, 256 * MB)),
        "maintenance_work_mem": _megabytes(_between(memory // 16, 64 * MB, 2 * GB)),
        "max_wal_size": _megabytes(log),
        "min_wal_size": _megabytes(log // 4),
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        "max_parallel_workers": str(processors),
        "max_parallel_workers_per_gather": str(_between(processors // 2, 1, 4)),
        "max_parallel_maintenance_workers": str(_between(processors // 2, 1, 4)),
        "max_worker_processes": str(max(8, 4 + processors)),
    }


def of_this_machine(folder: Path) -> dict[str, str]:
    """What a server whose data lies in ``folder`` is given here; a limit of the container counts as the memory."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return sized(memory(), processors, shutil.disk_usage(folder).free)


def memory() -> int:
    """Bytes of memory there are for this process and those beside it."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([physical, *(limit for file in _LIMITS if (limit := _limit(file)))])


def _limit(file: Path) -> int | None:
    try:
        text = file.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() and int(text) else None


def _between(value: int, least: int, most: int) -> int:
    return max(least, min(value, most))


def _megabytes(size: int) -> str:
    return f"{size // MB}MB"
