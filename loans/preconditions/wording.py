"""Whether a text says one of several words, however it is spaced, written or disguised (pure).

Compared is the plain form: compatibility forms replaced and taken apart, case folded, look-alikes of other scripts and
traditional characters replaced, letters and digits alone. Spaces, punctuation, accents, invisible and steering characters
between the letters go: “炒 股” says “炒股”, “cry-PTO” says “crypto”. Where digits or signs stand among Latin letters they
are read as letters too: “g4mbl1ng” says “gambling”, “4 rooms” says nothing.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from loans.preconditions.look_alikes import FOR_LETTERS, LOOK_ALIKES

# What may be a word with digits or signs for letters: a run of them, or at least four that stand apart from each other.
_SIGN = r"[a-z0-9@$€+!|¡]"
_DISGUISED = re.compile(rf"(?<!{_SIGN}){_SIGN}(?:[^\w@$€+!|¡]+{_SIGN}(?!{_SIGN})){{3,}}|{_SIGN}{{3,}}")
_LETTER = re.compile(r"[a-z]")


@dataclass(frozen=True, slots=True)
class Plain:
    """A text as it is compared: its letters and digits, and the places at which a run of them begins."""

    letters: str
    begins: frozenset[int]


def says(text: str, words: Iterable[str]) -> bool:
    """Whether ``text`` says any of ``words``.

    A word of Latin letters stands inside one run of letters, or it begins and ends where runs do: “gam bling” says
    “gambling”, “for exams” does not say “forex”. A phrase of several words may go on (“buy stocks”, “buy stocksets”).
    """
    wanted = tuple(words)
    return any(_says(said, word) for said in _readings(text) if said.letters for word in wanted)


@lru_cache(maxsize=1024)
def plain(text: str) -> Plain:
    """The plain form of ``text``."""
    return _kept(_folded(text))


def _folded(text: str) -> str:
    # First of all, too: Unicode takes a lunate sigma, which looks like a c, for a sigma.
    shown = unicodedata.normalize("NFKC", text.translate(LOOK_ALIKES)).casefold().translate(LOOK_ALIKES)
    taken_apart = unicodedata.normalize("NFKD", shown).translate(LOOK_ALIKES)
    return "".join(map(_digit, taken_apart))


def _digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


@lru_cache(maxsize=1024)
def _readings(text: str) -> tuple[Plain, ...]:
    """The ways in which people read ``text``: as it stands, and with digits and signs for letters."""
    folded = _folded(text)
    ways = dict.fromkeys([folded, *(_undone_all(folded, table) for table in FOR_LETTERS)])
    return tuple(_kept(way) for way in ways)


def _undone_all(folded: str, table: dict[int, str]) -> str:
    return _DISGUISED.sub(lambda run: _undone(run[0], table), folded)


def _undone(run: str, table: dict[int, str]) -> str:
    """``run`` with its signs read as letters, where at least half of it are letters already."""
    letters = len(_LETTER.findall(run))
    signs = sum(character.isdigit() or ord(character) in table for character in run)
    return run.translate(table) if letters >= 2 and letters >= signs else run


def _kept(folded: str) -> Plain:
    letters: list[str] = []
    begins, within = set(), False
    for character in folded:
        kept = unicodedata.category(character)[0] in "LN"
        if kept and not within:
            begins.add(len(letters))
        if kept:
            letters.append(character)
        within = kept or (within and unicodedata.category(character)[0] in "MC")
    return Plain("".join(letters), frozenset(begins))


def _says(said: Plain, word: str) -> bool:
    wanted = plain(word)
    return any(_fits(said, start, wanted) for start in _places(said.letters, wanted.letters))


def _places(letters: str, wanted: str) -> Iterator[int]:
    place = letters.find(wanted) if wanted else -1
    while place >= 0:
        yield place
        place = letters.find(wanted, place + 1)


def _fits(said: Plain, start: int, wanted: Plain) -> bool:
    if not wanted.letters.isascii():
        return True
    end = start + len(wanted.letters)
    if not any(start < place < end for place in said.begins):
        return True
    return start in said.begins and (len(wanted.begins) > 1 or end in said.begins or end == len(said.letters))
