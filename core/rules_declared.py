"""The rules read here: which calendar a market keeps."""

from django.utils.translation import gettext_lazy as _

from core.rulebook.kinds import RuleKind, Subject, declare_rule
from core.rulebook.shapes import code, record

declare_rule(
    RuleKind(
        code="working_calendar",
        subject=Subject.BOOKS,
        label=_("Calendar of working days"),
        told=_("Which calendar moves due dates that fall on a day off."),
        shape=record({"calendar": code()}),
    )
)
