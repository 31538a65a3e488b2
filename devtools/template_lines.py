"""Lays out the lines of Django templates without changing what a page shows: `./dev templates`, checked by `./dev lint`.

A line that is too long is broken only where white space means nothing: beside a tag of a block-level element, where white
space stands already, or between two attributes. Then every line is indented by what is open around it. What is compared
letter by letter (comments, scripts, sentences that are not trimmed) is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LINE_LENGTH = 120
LONGEST_LINE = 159  # one tag of Django cannot be broken
INDENT = 2
_PASSES = 20

_DJANGO = r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}"
_QUOTED = rf'"(?:{_DJANGO}|[^"])*"' + rf"|'(?:{_DJANGO}|[^'])*'"
_HTML = rf"<!--.*?-->|<![^>]*>|</?[A-Za-z][\w-]*(?:{_DJANGO}|{_QUOTED}|[^'\">])*>"
_TOKEN = re.compile(rf"(?s:(?P<html>{_HTML}))|(?P<django>{_DJANGO})")
_ATTRIBUTE = re.compile(rf"{_DJANGO}|{_QUOTED}|\s+|[^\s\"'{{]+|.")
_NAME = re.compile(r"</?([A-Za-z][\w-]*)")
_WORD = re.compile(r"\{%\s*(\w+)(.*?)%\}")

_BLOCKS = frozenset(
    "html head body main section article aside header footer nav div p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table caption "
    "thead tbody tfoot tr th td form fieldset legend details summary hr br blockquote option title".split()
)
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_PROTECTED = frozenset("script style pre textarea".split())
_OPENING = {"if", "for", "with", "block", "blocktrans"}
_MIDDLE = {"else", "elif", "empty", "plural"}
# Parts of ours that draw a block-level element (core/ui/).
_PARTS = {"empty_part", "event", "facts", "field", "figure", "line_chart", "pager", "stat"}
_SILENT = {"load", "with", "endwith", "block", "endblock"}


@dataclass(frozen=True)
class Token:
    """A tag of HTML, a tag or variable of Django, or text; ``whole`` may not be touched inside."""

    text: str
    kind: str
    name: str = ""
    whole: bool = False

    @property
    def is_block(self) -> bool:
        return self.name in (_BLOCKS if self.kind == "html" else _PARTS)

    @property
    def closes(self) -> bool:
        return self.text.startswith("</") if self.kind == "html" else self.name.startswith("end")

    @property
    def opens(self) -> bool:
        if self.whole or self.closes:
            return False
        if self.kind == "html":
            return self.name not in _VOID and self.name != "" and not self.text.endswith("/>")
        return self.name in _OPENING

    @property
    def is_silent(self) -> bool:
        """Puts nothing on the page, and what follows it always follows it."""
        named = self.kind == "django" and re.search(r"\sas\s+\w+\s*%}$", self.text) is not None
        return self.name in _SILENT or (named and self.name in {"trans", "url"}) or self.text.startswith("{#")


def tokens(source: str) -> list[Token]:
    """The template in pieces that sum to it; protected regions are one piece each."""
    found: list[Token] = []
    place = 0
    while place < len(source):
        match = _TOKEN.search(source, place)
        start = match.start() if match else len(source)
        if start > place:
            found.append(Token(source[place:start], "text"))
        if match is None:
            break
        token = _token(match)
        end = match.end()
        if token.whole:
            end = _end_of_protected(source, token, end)
            token = Token(source[start:end], token.kind, token.name, whole=True)
        found.append(token)
        place = end
    return found


def _token(match: re.Match[str]) -> Token:
    text = match[0]
    if match["html"]:
        named = _NAME.match(text)
        name = named[1].lower() if named else ""
        return Token(text, "html", name, whole=name in _PROTECTED and not text.startswith("</"))
    word = _WORD.match(text)
    if word is None:
        return Token(text, "django")
    kept_letter_by_letter = word[1] == "comment" or (word[1] == "blocktrans" and "trimmed" not in word[2])
    name = "empty_part" if word[1] == "empty" and word[2].strip() else word[1]  # `empty` alone belongs to a loop
    return Token(text, "django", name, whole=kept_letter_by_letter)


def _end_of_protected(source: str, token: Token, after: int) -> int:
    closing = rf"</{token.name}\s*>" if token.kind == "html" else rf"\{{%\s*end{token.name}\s*%\}}"
    found = re.compile(closing, re.I).search(source, after)
    return found.end() if found else len(source)


# --- where a line may be broken ---------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Gap:
    """A place between two characters: how deep it lies, and how many characters of white space the break replaces."""

    at: int
    depth: int
    space: int = 0
    between_blocks: bool = False


def gaps(source: str) -> Iterator[Gap]:
    """Every place where a line break changes nothing on the page, in order."""
    pieces = tokens(source)
    partners = _branches(pieces)
    at, depth, title = 0, 0, False
    for index, token in enumerate(pieces):
        if token.closes or token.name in _MIDDLE:
            depth -= 1
        title = (title and not token.closes) or token.name == "title"
        if (
            index > 0
            and not title
            and not _touches_space(pieces, index)
            and _is_beside_a_block(pieces, index, partners)
        ):
            yield Gap(at, depth + (token.closes or token.name in _MIDDLE), between_blocks=True)
        if token.kind == "text":
            structural = not token.text.strip() and not title and _is_beside_structure(pieces, index)
            for white in re.finditer(r"\s+", token.text):
                yield Gap(at + white.start(), depth, len(white[0]), between_blocks=structural)
        elif token.kind == "html" and not token.whole and not token.closes:
            yield from _between_attributes(token.text, at, depth)
        at += len(token.text)
        if token.opens or token.name in _MIDDLE:
            depth += 1


def _touches_space(pieces: list[Token], index: int) -> bool:
    return pieces[index - 1].text[-1].isspace() or pieces[index].text[0].isspace()


def _is_beside_structure(pieces: list[Token], index: int) -> bool:
    """Whether the white space at ``index`` lies between parts of the page, not between words."""
    around = [*pieces[max(index - 1, 0) : index], *pieces[index + 1 : index + 2]]
    return any(token.is_block or (token.kind == "django" and (token.opens or token.closes)) for token in around)


def _between_attributes(tag: str, at: int, depth: int) -> Iterator[Gap]:
    for part in _ATTRIBUTE.finditer(tag):
        if part[0].isspace():
            yield Gap(at + part.start(), depth + 100, len(part[0]))


def _branches(pieces: list[Token]) -> dict[int, tuple[int, int]]:
    """For each tag of a condition the places of its first and last tag."""
    found: dict[int, tuple[int, int]] = {}
    waiting: list[list[int]] = []
    for index, token in enumerate(pieces):
        if token.kind != "django":
            continue
        if token.name == "if":
            waiting.append([index])
        elif token.name in {"elif", "else"} and waiting:
            waiting[-1].append(index)
        elif token.name == "endif" and waiting:
            members = [*waiting.pop(), index]
            found |= dict.fromkeys(members, (members[0], index))
    return found


def _is_beside_a_block(pieces: list[Token], index: int, partners: dict[int, tuple[int, int]]) -> bool:
    """Whether nothing that shows stands between this place and a block-level tag or white space, on every way."""
    if _may_be_an_empty_cell(pieces, index - 1) or _may_be_an_empty_cell(pieces, index):
        return False
    return _follows_a_block(pieces, index - 1, partners) or _precedes_a_block(pieces, index, partners)


def _may_be_an_empty_cell(pieces: list[Token], index: int) -> bool:
    """Whether this is the beginning or end of a cell that shows nothing at times: phones hide cells without a character."""
    token = pieces[index]
    if token.kind != "html" or token.name != "td":
        return False
    step = -1 if token.closes else 1
    depth = 0
    while 0 <= (index := index + step) < len(pieces):
        inner = pieces[index]
        if inner.kind == "html" and inner.name == "td":
            return inner.closes != token.closes
        if inner.name in {"if", "for", "endif", "endfor"}:
            depth += step if inner.name in {"if", "for"} else -step
        elif depth == 0 and (inner.kind == "html" or (inner.kind == "text" and inner.text.strip())):
            return False
    return True


def _follows_a_block(pieces: list[Token], index: int, partners: dict[int, tuple[int, int]]) -> bool:
    while index >= 0:
        token = pieces[index]
        if token.is_block or token.text[-1].isspace() or (token.name == "button" and not token.closes):
            return True
        if token.is_silent or token.name == "if":
            index -= 1
        elif token.name in {"elif", "else"} and index in partners:
            index = partners[index][0] - 1
        else:
            return False
    return False


def _precedes_a_block(pieces: list[Token], index: int, partners: dict[int, tuple[int, int]]) -> bool:
    while index < len(pieces):
        token = pieces[index]
        if token.is_block or token.text[0].isspace() or (token.name == "button" and token.closes):
            return True
        if token.is_silent or token.name == "endif":
            index += 1
        elif token.name in {"elif", "else"} and index in partners:
            index = partners[index][1] + 1
        else:
            return False
    return False


# --- laying out -------------------------------------------------------------------------------------------------------
def laid_out(source: str) -> str:
    """The template with short, indented lines. Nothing but white space differs."""
    for _pass in range(_PASSES):
        after = _indented(_broken(source))
        if after == source:
            break
        source = after
    return source


def _broken(source: str) -> str:
    """Long lines are broken, each at the outermost places that it has."""
    places = list(gaps(source))
    breaks: list[Gap] = []
    start = 0
    for line in source.splitlines(keepends=True):
        end = start + len(line.rstrip("\n"))
        indent = len(line) - len(line.lstrip())
        if end - start > LINE_LENGTH:
            inside = [gap for gap in places if start + indent < gap.at and gap.at + gap.space < end]
            breaks += _chosen(inside, start + indent, end, LINE_LENGTH - indent)
        start += len(line)
    for gap in reversed(breaks):
        source = f"{source[: gap.at]}\n{source[gap.at + gap.space :]}"
    return source


def _chosen(inside: list[Gap], start: int, end: int, room: int) -> list[Gap]:
    """The outermost places beside blocks; where there is none, as many of the others as the room asks for."""
    beside = [gap for gap in inside if gap.between_blocks]
    if beside:
        outermost = min(gap.depth for gap in beside)
        return [gap for gap in beside if gap.depth == outermost]
    for sort in ([gap for gap in inside if gap.depth < 100], inside):
        chosen: list[Gap] = []
        line = start
        for gap, following in zip(sort, [*(gap.at for gap in sort[1:]), end], strict=False):
            if following - line > room and gap.at > line:
                chosen.append(gap)
                line = gap.at + gap.space
        if chosen:
            return chosen
    return []


def _indented(source: str) -> str:
    """Each line indented by the elements and tags that are open where it begins."""
    lines: list[str] = []
    depth, fresh, open_conditions = 0, True, list[int]()
    written = ""
    for token in tokens(source):
        if token.closes or token.name in _MIDDLE:
            depth = _before(token, depth, open_conditions)
        for number, part in enumerate(token.text.split("\n")):
            if number:
                lines.append(written.rstrip() if not token.whole else written)
                written, fresh = "", True
            if fresh and token.whole and number:
                written, fresh = part, False
            elif fresh and part.strip():
                inner = 2 if token.kind == "html" and number else 0
                written, fresh = " " * INDENT * (max(depth, 0) + inner) + part.lstrip(), False
            elif not fresh:
                written += part
        if token.opens or token.name in _MIDDLE:
            if token.kind == "django" and token.name not in _MIDDLE:
                open_conditions.append(depth)
            depth += 1
    lines.append(written.rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines).strip("\n")) + "\n"


def _before(token: Token, depth: int, open_conditions: list[int]) -> int:
    """The depth at a closing tag: that of what it closes, whatever was left open in a branch."""
    if token.kind == "html":
        return depth - 1
    if not open_conditions or token.name == "endcomment":
        return depth
    return open_conditions[-1] if token.name in _MIDDLE else open_conditions.pop()


def is_the_same(before: str, after: str) -> bool:
    """Whether two templates differ in white space only."""
    return "".join(before.split()) == "".join(after.split())


def templates_of(folder: Path) -> list[Path]:
    return sorted(folder.glob("**/*.html"))


def lay_out(folder: Path, *, check: bool) -> list[str]:
    """Rewrite every template below ``folder``, or with ``check`` only name what differs or is too long."""
    complaints: list[str] = []
    for path in templates_of(folder):
        before = path.read_text(encoding="utf-8")
        after = laid_out(before)
        if not is_the_same(before, after):
            raise ValueError(f"{path}: laying it out would change more than white space")
        name = path.relative_to(folder.parent).as_posix()
        if not check:
            path.write_text(after, encoding="utf-8")
        elif after != before:
            complaints.append(f"{name} is not laid out")
        long = [n for n, line in enumerate(after.splitlines(), 1) if len(line) > LONGEST_LINE]
        complaints += [f"{name}:{n} is longer than {LONGEST_LINE} characters" for n in long]
    return complaints
