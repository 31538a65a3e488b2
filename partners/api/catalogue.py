"""Every code a refusal can carry, read from the classes themselves so that the list cannot be out of date."""

import re
from collections.abc import Iterator

from core.errors import DomainError
from partners.api.problems import FRAMEWORK_ERRORS

_GAP = re.compile(r"%\((\w+)\)[sd]")


def catalogue() -> list[dict[str, object]]:
    """Code, HTTP status and sentence of each refusal, by code."""
    found = {kind.code: (kind.status, _told(kind)) for kind in _beneath(DomainError)}
    found |= {code: (status, str(text)) for code, status, text in FRAMEWORK_ERRORS}
    return [{"code": code, "status": found[code][0], "detail": found[code][1]} for code in sorted(found)]


def _told(kind: type[DomainError]) -> str:
    """The sentence with its gaps named: ``between {least} and {most}``."""
    return _GAP.sub(r"{\1}", str(kind.message)).replace("%%", "%")


def _beneath(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    """The subclasses that are refusals of this project, not of a test."""
    for subclass in kind.__subclasses__():
        if not subclass.__module__.startswith("tests"):
            yield subclass
        yield from _beneath(subclass)
