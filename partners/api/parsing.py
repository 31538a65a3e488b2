"""Reading bodies: JSON of a reasonable size and depth, each key once, and nothing else."""

import json
from typing import IO, Any, Never, cast

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from core.errors import DomainError

LARGEST_BODY = 1_000_000


class BodyTooLarge(DomainError):
    code = "body_too_large"
    status = 413
    message = _("The body is larger than %(most)s bytes.")


class KeyRepeated(DomainError):
    """``name`` stands twice in one object: programs differ in which of the two they take."""

    code = "key_repeated"
    status = 400
    message = _("The key %(name)s stands more than once in one JSON object.")


class BoundedJSONParser(JSONParser):
    """Stops at a size, takes a body nested beyond sense for the malformed thing it is, and no key twice."""

    def parse(self, stream: IO[Any], media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            text = cast(bytes, _Bounded(stream).read()).decode()
            return json.loads(text, object_pairs_hook=_once, parse_constant=_refused)
        except RecursionError:
            raise ParseError("JSON parse error - nested too deep") from None
        except ValueError as wrong:
            raise ParseError(f"JSON parse error - {wrong}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise KeyRepeated(name=name)
        found[name] = value
    return found


def _refused(word: str) -> Never:
    """NaN and Infinity are no JSON, though Python reads them."""
    raise ValueError(f"{word} is no number of JSON")


class _Bounded:
    """The stream up to the largest body."""

    def __init__(self, stream: IO[Any]) -> None:
        self.stream = stream
        self.left = LARGEST_BODY

    def read(self, size: int = -1) -> Any:
        wanted = self.left + 1 if size < 0 else min(size, self.left + 1)
        chunk = self.stream.read(wanted)
        self.left -= len(chunk)
        if self.left < 0:
            raise BodyTooLarge(most=LARGEST_BODY)
        return chunk
