"""Packages small enough to be written in a test, which pip and uv install without any registry."""

from __future__ import annotations

import hashlib
from pathlib import Path
from zipfile import ZipFile


def wheel(folder: Path, name: str, *, script: str = "") -> Path:
    """A package with one module of its name; with ``script``, also a program of its name."""
    inside = {
        f"{name}.py": "TOLL = 7\n",
        f"{name}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{name}-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{name}-1.0.dist-info/RECORD": "",
    }
    if script:
        inside[f"{name}-1.0.data/scripts/{name}"] = script
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with ZipFile(path, "w") as archive:
        for file, text in inside.items():
            archive.writestr(file, text)
    return path


def locked(path: Path) -> str:
    """The line of a lock that allows this file and no other."""
    return (
        f"{path.name.split('-')[0]} @ {path.as_uri()} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"
    )
