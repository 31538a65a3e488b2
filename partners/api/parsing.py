"""Reading bodies: JSON of a reasonable size and depth, and nothing else."""

from typing import IO, Any, cast

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from core.errors import DomainError

LARGEST_BODY = 1_000_000


class BodyTooLarge(DomainError):
    code = "body_too_large"
    status = 413
    message = _("The body is larger than %(most)s bytes.")


class BoundedJSONParser(JSONParser):
    """Stops at a size, and takes a body nested beyond sense for the malformed thing it is."""

    def parse(self, stream: IO[Any], media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(cast(IO[Any], _Bounded(stream)), media_type, parser_context)
        except RecursionError:
            raise ParseError("JSON parse error - nested too deep") from None


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
