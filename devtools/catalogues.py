"""What of the catalogues of sentences still waits for somebody who translates it.

Read line by line, since gettext's own tools do not say where in the file an entry stands.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

WORDS = re.compile(r'(?:(?P<field>msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?)\s+)?(?P<text>".*")')
SHOWN = 100  # characters of a sentence


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sentence without a translation, or with one that gettext guessed."""

    line: int
    sentence: str
    guessed: bool

    def told(self, catalogue: Path) -> str:
        sentence = " ".join(self.sentence.split())
        short = sentence if len(sentence) <= SHOWN else f"{sentence[: SHOWN - 1]}…"
        return f"{catalogue}:{self.line}: {'only guessed' if self.guessed else 'untranslated'}: {short}"


def report(repository: Path) -> list[str]:
    """By language: what waits, a line each, and how many."""
    lines = []
    for folder in sorted(path for path in (repository / "locale").iterdir() if path.is_dir()):
        found = {path: list(waiting(path.read_text())) for path in sorted(folder.glob("LC_MESSAGES/*.po"))}
        lines += [entry.told(path.relative_to(repository)) for path, entries in found.items() for entry in entries]
        count = sum(map(len, found.values()))
        lines.append(f"{folder.name}: {_counted(count)} for a translation.")
    return lines


def waiting(catalogue: str) -> Iterator[Waiting]:
    """The entries of a catalogue that pages cannot use as they stand. Its head has an empty sentence and is none."""
    number = 1
    for block in re.split(r"(?<=\n)\n", catalogue):
        lines = block.splitlines()
        if entry := _entry(lines, number):
            yield entry
        number += len(lines) + 1


def _entry(lines: list[str], number: int) -> Waiting | None:
    texts: dict[str, str] = {}
    field, began, guessed = "", number, False
    for at, line in enumerate(lines, start=number):
        guessed |= line.startswith("#,") and "fuzzy" in line
        if not (found := WORDS.fullmatch(line.strip())):
            continue
        field = found["field"] or field
        began = at if found["field"] == "msgid" else began
        texts[field] = texts.get(field, "") + str(ast.literal_eval(found["text"]))
    complete = all(text for name, text in texts.items() if name.startswith("msgstr"))
    return Waiting(began, texts["msgid"], guessed) if texts.get("msgid") and (guessed or not complete) else None


def _counted(count: int) -> str:
    return {0: "nothing waits", 1: "1 sentence waits"}.get(count, f"{count} sentences wait")
