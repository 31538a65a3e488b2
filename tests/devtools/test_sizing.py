"""PostgreSQL gets its part of the machine, the same from `./dev` and in the container."""

import os
import subprocess
from pathlib import Path

import pytest

from devtools import sizing
from devtools.home import Home
from devtools.servers import FOR_TESTS, Postgres
from devtools.sizing import GB, MB, memory, sized
from tests.places import ROOT

MACHINES = [
    (512, 1, 5_000),
    (1_024, 1, 20_000),
    (4_096, 2, 30_000),
    (23_552, 2, 55_000),
    (131_072, 32, 2_000_000),
    (1_048_576, 128, 8_000_000),
]


def by_machine(megabytes: int, processors: int, disk: int) -> dict[str, str]:
    return sized(megabytes * MB, processors, disk * MB)


def test_a_machine_of_sixteen_gigabytes_worked_out_by_hand() -> None:
    found = sized(16 * GB, 4, 500 * GB)

    assert found["shared_buffers"] == "4096MB"  # a quarter
    assert found["effective_cache_size"] == "10240MB"  # five eighths
    assert found["work_mem"] == "40MB"  # 12,288 MB over 100 connections with three sorts each
    assert found["maintenance_work_mem"] == "1024MB"  # a sixteenth
    assert (found["max_wal_size"], found["min_wal_size"]) == ("8192MB", "2048MB")  # half the memory
    assert (found["max_parallel_workers"], found["max_parallel_workers_per_gather"]) == ("4", "2")


def test_a_small_disk_holds_the_log_back() -> None:
    assert sized(16 * GB, 4, 6 * GB)["max_wal_size"] == "2048MB"
    assert sized(16 * GB, 4, 1 * GB)["max_wal_size"] == "1024MB"


@pytest.mark.parametrize(("megabytes", "processors", "disk"), MACHINES)
def test_what_it_takes_fits_the_machine(megabytes: int, processors: int, disk: int) -> None:
    found = by_machine(megabytes, processors, disk)
    buffers, work = (int(found[name].removesuffix("MB")) for name in ("shared_buffers", "work_mem"))

    assert 128 <= buffers <= 16_384
    assert buffers <= max(128, megabytes // 4)
    if megabytes >= 4_096:
        assert buffers + 100 * work <= megabytes
    assert int(found["max_worker_processes"]) >= int(found["max_parallel_workers"])


@pytest.mark.parametrize(("megabytes", "processors", "disk"), MACHINES)
def test_the_container_computes_the_same(megabytes: int, processors: int, disk: int) -> None:
    given = {"MEMORY_MB": str(megabytes), "PROCESSORS": str(processors), "FREE_DISK_MB": str(disk)}
    told = subprocess.run(
        ["sh", str(ROOT / "scripts" / "postgres.sh"), "jit=off", "--print"],
        env=os.environ | given,
        capture_output=True,
        text=True,
        check=True,
    )

    found = dict(line.split("=", 1) for line in told.stdout.splitlines())
    assert found.pop("jit") == "off"
    assert found == by_machine(megabytes, processors, disk)


def test_a_limit_of_the_container_is_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limited, unlimited = tmp_path / "limited", tmp_path / "unlimited"
    limited.write_text(f"{256 * MB}\n"), unlimited.write_text("max\n")
    monkeypatch.setattr(sizing, "_LIMITS", (tmp_path / "absent", unlimited))
    whole = memory()
    monkeypatch.setattr(sizing, "_LIMITS", (limited,))

    assert memory() == 256 * MB < whole


def test_the_servers_of_the_tests_keep_theirs(tmp_path: Path) -> None:
    home = Home(tmp_path)

    assert f"shared_buffers={FOR_TESTS['shared_buffers']}" in Postgres(home, durable=False).command()
    assert f"shared_buffers={sizing.of_this_machine(tmp_path)['shared_buffers']}" in Postgres(home).command()
