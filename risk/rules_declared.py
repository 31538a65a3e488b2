"""The rule read here: how limits move."""

from django.utils.translation import gettext_lazy as _

from core.rulebook.kinds import RuleKind, Subject, declare_rule
from core.rulebook.shapes import amount, days, record, share, whole

declare_rule(
    RuleKind(
        code="limit_review",
        subject=Subject.LENDING,
        label=_("Limits that move"),
        told=_("After which record a limit is raised, by how much and how far, and when it is cut."),
        shape=record(
            {
                "instalments": whole(least=1, most=600),
                "worst_days_late": days(),
                "raise_share": share(most="10"),
                "highest": amount(),
                "cool_down_days": days(),
                "cut_over_days": days(),
                "cut_share": share(),
            }
        ),
    )
)
