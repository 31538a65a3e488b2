"""The rules read here: when and how often a borrower may be reached."""

from django.utils.translation import gettext_lazy as _

from core.rulebook.kinds import RuleKind, Subject, declare_rule
from core.rulebook.shapes import clock_time, record, whole

declare_rule(
    RuleKind(
        code="contact_hours",
        subject=Subject.CONTACT,
        label=_("Hours of contact"),
        told=_("Between which times of the borrower's day calls and messages about money owed go out."),
        shape=record({"from": clock_time(), "to": clock_time()}, ascending=["from", "to"]),
    )
)
declare_rule(
    RuleKind(
        code="contact_counts",
        subject=Subject.CONTACT,
        label=_("Number of contacts"),
        told=_("How many calls, attempts and messages a day a borrower may get."),
        shape=record(
            {"answered_calls_per_day": whole(most=100), "dials_per_number_per_day": whole(most=100)},
            optional={"messages_per_day": whole(most=100)},
        ),
    )
)
