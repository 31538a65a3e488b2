"""Other people's libraries that a benchmark measures beside: in a folder of their own, never in the environment."""

from __future__ import annotations

import shutil
import sys
import tomllib
from pathlib import Path

from devtools import environment
from devtools.home import REPOSITORY, Home

FOLDER_VARIABLE = "LOANDESK_BENCH_LIBRARIES"


def ensured(home: Home) -> Path:
    """The folder with the packages of the dependency group ``bench``, installed when they are not there yet.

    A failure is told and nothing more: the benchmark says which ones it had to leave out.
    """
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    wanted: list[str] = project["dependency-groups"]["bench"]
    folder = home.root / "bench-libraries"
    stamp = folder / "installed"
    text = f"{sys.version_info[:2]} {wanted}"
    if not stamp.exists() or stamp.read_text() != text:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        print(f"Installing {', '.join(wanted)} into {folder}", file=sys.stderr)
        if failed := environment.install_into(folder, wanted):
            print(f"{failed}\nThese libraries could not be installed: {', '.join(wanted)}", file=sys.stderr)
        else:
            stamp.write_text(text)
    return folder
