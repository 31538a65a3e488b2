"""The rule read here: when the books close by themselves."""

from django.utils.translation import gettext_lazy as _

from core.rulebook.kinds import RuleKind, Subject, declare_rule
from core.rulebook.shapes import days, flag, record

declare_rule(
    RuleKind(
        code="books_closing",
        subject=Subject.BOOKS,
        label=_("Closing of the books"),
        told=_("Whether the night closes the books, and how many days before the day just ended stay open."),
        shape=record({"automatic": flag(), "days_kept_open": days(least=1)}),
    )
)
