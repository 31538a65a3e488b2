"""Whether a text says one of several words, however it is spaced, written or disguised (pure).

Compared is the plain form: compatibility forms replaced and taken apart, case folded, look-alikes of other scripts and
traditional characters replaced, letters and digits alone. Spaces, punctuation, accents, invisible and steering characters
between the letters go: “炒 股” says “炒股”, “cry-PTO” says “crypto”. Where digits or signs stand among Latin letters they
are read as letters too: “g4mbl1ng” says “gambling”, “4 rooms” says nothing. So is a text without the tone digits of its
pinyin, without a lone letter or digit between Chinese characters, and without a letter that is drawn out.

How a word is written says how much of the text it wants:

- ``炒股``, ``crypto``: these letters;
- ``buy…stock``: between the parts up to six words that say nothing by themselves (``FILLERS``): “buy some more stock”;
- `` bet ``, with a blank at an end: there the text's own word ends as well, as “better” does not;
- ``=shares``: the text says this and nothing else;
- ``-股骨``: what overlaps this does not count: “买股骨支具” does not say ``买股``.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from loans.preconditions.fillers import FILLERS
from loans.preconditions.look_alikes import FOR_LETTERS, LOOK_ALIKES

# What may be a word with digits or signs for letters: a run of them, or at least four that stand apart from each other.
_SIGN = r"[a-z0-9@$€£¢¥₿₮+!|¡]"
_DISGUISED = re.compile(rf"(?<!{_SIGN}){_SIGN}(?:[^\w@$€£¢¥₿₮+!|¡]+{_SIGN}(?!{_SIGN})){{3,}}|{_SIGN}{{3,}}")
_LETTER = re.compile(r"[a-z]")
_TONE = re.compile(r"(?<=[aeiouvngr])[1-5](?![0-9])")
_BETWEEN = re.compile(r"(?<=[\u4e00-\u9fff])\W*[0-9a-z]\W*(?=[\u4e00-\u9fff])")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
GAP, WHOLE, NOT = "…", "=", "-"
_GAP = f"(?:{'|'.join(FILLERS)}){{0,6}}"


@dataclass(frozen=True, slots=True)
class Plain:
    """A text as it is compared: its letters and digits, and the places at which a run of them begins."""

    letters: str
    begins: frozenset[int]

    def parts_at(self, place: int) -> bool:
        """Whether a word may begin or end at ``place``: a run does, or the script changes."""
        if place in self.begins or place == len(self.letters):
            return True
        before, after = self.letters[place - 1], self.letters[place]
        return bool(_LETTER.match(before)) is not bool(_LETTER.match(after))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A word as it is looked for. ``is_phrase``: it has several parts, and the last may go on in the text."""

    pattern: re.Pattern[str]
    is_latin: bool
    is_phrase: bool
    begins: bool
    ends: bool
    is_all: bool


def says(text: str, words: Iterable[str]) -> bool:
    """Whether ``text`` says any of ``words``.

    A word of Latin letters stands inside one run of letters, or it begins and ends where runs do: “gam bling” says
    “gambling”, “for exams” does not say “forex”. A phrase of several words may go on (“buy stocks”, “buy stocksets”).
    """
    given = tuple(words)
    excepted = [word[1:] for word in given if word.startswith(NOT)]
    looked_for = [word for word in given if not word.startswith(NOT)]
    return any(_says_any(said, looked_for, excepted) for said in _readings(text) if said.letters)


def _says_any(said: Plain, words: Iterable[str], excepted: Iterable[str]) -> bool:
    found = [span for word in words for span in _spans(said, word)]
    if not found:
        return False
    void = [span for word in excepted for span in _spans(said, word)]
    return any(not any(start < to and since < end for since, to in void) for start, end in found)


@lru_cache(maxsize=4096)
def _wanted(word: str) -> Wanted | None:
    parts = [plain(part) for part in word.removeprefix(WHOLE).split(GAP)]
    if not all(part.letters for part in parts):
        return None
    return Wanted(
        pattern=re.compile(_GAP.join(re.escape(part.letters) for part in parts)),
        is_latin=all(part.letters.isascii() for part in parts),
        is_phrase=len(parts) > 1 or len(parts[0].begins) > 1,
        begins=word[:1].isspace(),
        ends=word[-1:].isspace(),
        is_all=word.startswith(WHOLE),
    )


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
    """The ways in which people read ``text``: as it stands, with digits and signs for letters, and without what only
    stands between."""
    folded = _folded(text)
    ways = [folded, _TONE.sub("", folded), _BETWEEN.sub("", folded)]
    ways += [_undone_all(folded, table) for table in FOR_LETTERS]
    ways += [_DRAWN_OUT.sub(r"\1", way) for way in ways]
    return tuple(_kept(way) for way in dict.fromkeys(ways))


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


def _spans(said: Plain, word: str) -> Iterator[tuple[int, int]]:
    """Where ``word`` stands in ``said``."""
    wanted = _wanted(word)
    found = wanted.pattern.search(said.letters) if wanted else None
    while wanted and found:
        if _fits(said, found.start(), found.end(), wanted):
            yield found.span()
        found = wanted.pattern.search(said.letters, found.start() + 1)


def _fits(said: Plain, start: int, end: int, wanted: Wanted) -> bool:
    if wanted.is_all:
        return start == 0 and end == len(said.letters)
    if (wanted.begins and not said.parts_at(start)) or (wanted.ends and not said.parts_at(end)):
        return False
    if not wanted.is_latin or not any(start < place < end for place in said.begins):
        return True
    return start in said.begins and (wanted.is_phrase or end in said.begins or end == len(said.letters))
