"""Refusals by name.

Every refusal of the domain is its own exception with a stable ``code``; web pages, API, commands and imports show the
same sentence. The sentence says what is wrong and, where it helps, what to do.
"""

from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A refusal. Subclasses set ``code`` (stable, never translated), ``status`` (HTTP) and ``message``.

    ``message`` is a translatable template filled with the keyword arguments of the constructor, which stay readable as
    ``context``.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    message: ClassVar[str | Promise] = _("This is not possible now.")
    field: str | None = None

    def __init__(self, *, field: str | None = None, **context: Any) -> None:
        super().__init__(self.code, context)
        self.context = context
        if field is not None:
            self.field = field

    @property
    def detail(self) -> str:
        """The sentence for people, in the active language."""
        return str(self.message) % self.context if self.context else str(self.message)

    def told_outside(self) -> "DomainError":
        """The refusal as a partner is told it: itself, unless it would tell what the record of a person holds."""
        return self

    def leave_behind(self) -> None:
        """Write down that this was refused, once its transaction is taken back (``core.aftermath.whole``)."""

    def __str__(self) -> str:
        return self.detail


class NotAllowed(DomainError):
    """The person may not do this."""

    code = "not_allowed"
    status = 403
    message = _("You are not allowed to do this.")


class NotFound(DomainError):
    """The object does not exist, or not for this caller."""

    code = "not_found"
    status = 404
    message = _("This does not exist.")


class Invalid(DomainError):
    """A value given from outside is wrong; ``field`` names it."""

    code = "invalid"
    status = 422
    message = _("This value is not valid.")
