"""What the documents say of files: each is where they say."""

import re
from pathlib import Path

import pytest

from tests.places import ROOT

DOCUMENTS = [
    ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
]
APPS = {path.parent.name for path in ROOT.glob("*/apps.py")} | {
    "collections",
    "config",
    "devtools",
    "benchmarks",
    "tests",
}
WING = re.compile(r"^\| `(\w+)/`(?: \(pure\))? \|[^|]*\|([^|]*)\|$", re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_a_document_names_is_there(document: Path) -> None:
    named = re.findall(r"`((?:\w+/)+(?:\w+\.\w+)?)`", document.read_text())
    gone = [path for path in named if path.split("/")[0] in APPS and not (ROOT / path).exists()]
    assert not gone


def test_every_room_stands_in_the_wing_that_the_plan_says() -> None:
    wings = WING.findall((ROOT / "ARCHITECTURE.md").read_text())
    assert len(wings) >= 18
    for wing, rooms in wings:
        for room in re.findall(r"`([\w/]+\.py|\w+/)`", rooms):
            assert (ROOT / "loans" / wing / room).exists(), f"loans/{wing}/ has no {room}"
