"""Fetch the browser files we ship, from the npm registry into static/vendor, and seal them in a lock file.

Nobody needs node to run Loandesk: this runs only when a version is raised. `python scripts/vendor.py`
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
LOCK = VENDOR / "vendor.lock.json"

# The chosen icons: words come first, so this stays short.
ICONS = [
    "adjustments-horizontal",
    "alert-circle",
    "alert-triangle",
    "archive",
    "arrow-back-up",
    "arrow-down",
    "arrow-left",
    "arrow-right",
    "arrow-up",
    "ban",
    "bell",
    "bolt",
    "briefcase",
    "building-bank",
    "calendar",
    "calendar-event",
    "cash",
    "check",
    "checks",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "chevron-up",
    "circle-check",
    "circle-x",
    "clipboard-check",
    "clipboard-list",
    "clock",
    "coins",
    "copy",
    "credit-card",
    "database",
    "device-mobile",
    "dots",
    "download",
    "edit",
    "external-link",
    "eye",
    "eye-off",
    "file-text",
    "filter",
    "flag",
    "gauge",
    "hand-stop",
    "help",
    "history",
    "home",
    "info-circle",
    "keyboard",
    "language",
    "lock",
    "login",
    "logout",
    "mail",
    "menu-2",
    "message",
    "message-2",
    "minus",
    "moon",
    "note",
    "phone",
    "phone-off",
    "player-play",
    "player-track-next",
    "plus",
    "printer",
    "receipt",
    "refresh",
    "rotate",
    "scale",
    "search",
    "send",
    "settings",
    "shield-check",
    "sun",
    "trash",
    "trending-down",
    "trending-up",
    "upload",
    "user",
    "user-check",
    "users",
    "wallet",
    "x",
]

MIT = """MIT License

Copyright (c) {holder}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


@dataclass(frozen=True)
class Package:
    """`files` maps a path in the npm package to a name in static/vendor/<folder>; `licence` is a path or a holder."""

    name: str
    version: str
    spdx: str
    folder: str
    files: dict[str, str]
    licence_files: tuple[str, ...] = ()
    holder: str = ""


PACKAGES = (
    Package(
        "@tabler/core", "1.6.1", "MIT", "tabler", {"dist/css/tabler.min.css": "tabler.min.css"},
        holder="2018-2026 The Tabler Authors",
    ),
    Package(
        "@alpinejs/csp", "3.17.4", "MIT", "alpine", {"dist/cdn.min.js": "alpine-csp.min.js"},
        holder="2019-2026 Caleb Porzio and contributors",
    ),
    Package(
        "echarts", "6.1.0", "Apache-2.0", "echarts",
        {"dist/echarts.min.js": "echarts.min.js", "i18n/langZH.js": "langZH.js"},
        licence_files=("LICENSE", "NOTICE"),
    ),
    Package("@tabler/icons", "3.51.0", "MIT", "tabler-icons", {}, licence_files=("LICENSE",)),
)  # fmt: skip


def main() -> int:
    lock = {}
    with tempfile.TemporaryDirectory() as scratch:
        for package in PACKAGES:
            source = fetch(package, Path(scratch))
            lock[package.name] = {
                "version": package.version,
                "licence": package.spdx,
                "sha256": {str(path.relative_to(VENDOR)): sha256(path) for path in copy(package, source)},
            }
            print(f"{package.name} {package.version}: {len(lock[package.name]['sha256'])} files")
    LOCK.write_text(json.dumps(lock, indent=2, sort_keys=True) + "\n")
    return 0


def fetch(package: Package, scratch: Path) -> Path:
    """Unpack the published tarball; `npm pack` runs no install script."""
    command = ["npm", "pack", f"{package.name}@{package.version}", "--silent"]
    tarball = subprocess.run(command, cwd=scratch, check=True, capture_output=True, text=True).stdout.strip()
    target = scratch / package.folder
    with tarfile.open(scratch / tarball) as archive:
        archive.extractall(target, filter="data")
    return target / "package"


def copy(package: Package, source: Path) -> list[Path]:
    folder = VENDOR / package.folder
    folder.mkdir(parents=True, exist_ok=True)
    written = [
        write(folder / name, without_source_map((source / path).read_text())) for path, name in package.files.items()
    ]
    written += [write(folder / name, (source / name).read_text()) for name in package.licence_files]
    if package.holder:
        written.append(write(folder / "LICENSE", MIT.format(holder=package.holder)))
    if package.name == "@tabler/icons":
        written.append(write(folder / "icons.svg", sprite(source / "icons" / "outline")))
    return written


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def without_source_map(text: str) -> str:
    """Maps are not shipped, and hashed static file storage refuses a reference to a file that is missing."""
    return re.sub(r"(/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S*)", "", text)


def sprite(folder: Path) -> str:
    """One file of symbols, so that an icon is a reference and not markup in every page."""
    symbols = []
    for name in sorted(ICONS):
        drawing = (folder / f"{name}.svg").read_text()
        paths = re.findall(r"<(?:path|circle|rect|line|polyline)[^>]*/>", drawing)
        kept = "".join(path for path in paths if 'd="M0 0h24v24H0z"' not in path)
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
            f'stroke-linecap="round" stroke-linejoin="round">{kept}</symbol>'
        )
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
