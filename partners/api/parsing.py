"""Reading bodies: JSON of a reasonable size and depth, each key once, and nothing else."""

from typing import IO, Any, cast

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from core.errors import DomainError
from core.strict import KeyTwice, plain_json

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
            return plain_json(text)
        except RecursionError:
            raise ParseError("JSON parse error - nested too deep") from None
        except KeyTwice as twice:
            raise KeyRepeated(name=twice.key) from None
        except ValueError as wrong:
            raise ParseError(f"JSON parse error - {wrong}") from None


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
