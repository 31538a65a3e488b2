"""The browser files in git are the published ones, each with its licence, and nothing else lies beside them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"
LOCK = json.loads((VENDOR / "vendor.lock.json").read_text())
SEALED = {name: digest for package in LOCK.values() for name, digest in package["sha256"].items()}


@pytest.mark.parametrize("name", sorted(SEALED))
def test_a_vendored_file_is_the_sealed_one(name: str) -> None:
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == SEALED[name]


def test_nothing_unsealed_lies_among_the_vendored_files() -> None:
    present = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()}

    assert present == {*SEALED, "vendor.lock.json"}


@pytest.mark.parametrize("package", sorted(LOCK))
def test_a_vendored_package_brings_its_licence_and_exact_version(package: str) -> None:
    entry = LOCK[package]

    assert entry["licence"] in {"MIT", "Apache-2.0"}
    assert entry["version"].count(".") == 2
    assert any(name.endswith("/LICENSE") for name in entry["sha256"])


def test_no_vendored_file_points_at_a_source_map_that_is_not_shipped() -> None:
    named = [
        name for name in SEALED if name.endswith((".css", ".js")) and "sourceMappingURL=" in (VENDOR / name).read_text()
    ]

    assert named == []
