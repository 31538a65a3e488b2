"""Whether a text says one of several words, however it is spaced or written (pure).

Compared is the plain form: compatibility forms replaced and taken apart, case folded, letters and digits alone. Spaces,
punctuation, accents, invisible and steering characters between the letters go: “炒 股” says “炒股”, “cry-PTO” says
“crypto”.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache


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
    said = plain(text)
    return bool(said.letters) and any(_says(said, word) for word in words)


@lru_cache(maxsize=1024)
def plain(text: str) -> Plain:
    """The plain form of ``text``."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
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
