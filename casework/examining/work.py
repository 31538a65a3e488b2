"""What is done with a file apart from the web process: which work, on which bytes, and what came of it.

The words between the two processes are JSON, so that nothing a hostile file brings about there is run here.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from casework.examining.content import ContentType
from casework.examining.documents import kept_pdf
from casework.examining.drawing import page_picture
from casework.examining.limits import Limits
from casework.examining.pictures import redrawn
from casework.examining.refusals import EvidenceUnreadable
from core.errors import DomainError

NO_SUCH_PAGE = "no_such_page"


class Work(StrEnum):
    REWRITE = "rewrite"  # look at every object of a PDF, and write its pages anew
    REDRAW = "redraw"  # draw a picture anew
    DRAW = "draw"  # draw a page of what is kept


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a process may use: seconds of a processor, bytes of memory, seconds by the clock."""

    cpu_seconds: int
    memory: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Order:
    """Work on bytes of ``content_type``. ``page`` counts from 1."""

    work: Work
    content_type: ContentType
    limits: Limits | None = None
    page: int = 0

    def as_words(self, bounds: Bounds) -> bytes:
        return json.dumps({"order": asdict(self), "bounds": asdict(bounds)}).encode() + b"\n"

    @classmethod
    def of(cls, words: dict[str, Any]) -> Order:
        limits = Limits(**words["limits"]) if words["limits"] else None
        return cls(Work(words["work"]), ContentType(words["content_type"]), limits, int(words["page"]))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: ``pages``, ``data``, or the ``code`` of a refusal with what its sentence names."""

    pages: int = 0
    data: bytes = b""
    code: str = ""
    context: dict[str, str] = field(default_factory=dict)

    def as_words(self) -> bytes:
        return (
            json.dumps({"pages": self.pages, "code": self.code, "context": self.context}).encode() + b"\n" + self.data
        )

    @classmethod
    def of(cls, words: bytes) -> Outcome:
        """Raises ValueError for what is no outcome."""
        head, line_break, data = words.partition(b"\n")
        told = json.loads(head) if line_break else None
        if not isinstance(told, dict) or set(told) != {"pages", "code", "context"}:
            raise ValueError("not an outcome")
        context = {str(name): str(value)[:200] for name, value in dict(told["context"]).items()}
        return cls(int(told["pages"]), data, str(told["code"]), context)


def done(order: Order, data: bytes) -> Outcome:
    """Do the work here and now."""
    try:
        return _done(order, data)
    except DomainError as refusal:
        return Outcome(code=refusal.code, context={name: str(value) for name, value in refusal.context.items()})
    except MemoryError:
        return Outcome(code=EvidenceUnreadable.code)
    except IndexError:
        return Outcome(code=NO_SUCH_PAGE)


def _done(order: Order, data: bytes) -> Outcome:
    if order.work is Work.DRAW:
        return Outcome(data=page_picture(data, order.content_type, order.page))
    if order.limits is None:
        raise ValueError("a file is looked at within limits")
    if order.work is Work.REWRITE:
        kept, pages = kept_pdf(data, order.limits)
        return Outcome(data=kept, pages=pages)
    return Outcome(data=redrawn(data, order.content_type, order.limits), pages=1)
