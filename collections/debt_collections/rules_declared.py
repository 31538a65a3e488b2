"""The rules read here: the queue, what is done in each stage, promises, how cases are worked."""

from django.utils.translation import gettext_lazy as _

from core.rulebook.kinds import RuleKind, Subject, declare_rule
from core.rulebook.shapes import amount, code, days, record, share, table_of, whole

declare_rule(
    RuleKind(
        code="collections_priority",
        subject=Subject.COLLECTIONS,
        label=_("Order of the collection queue"),
        told=_("How many points a case gets for its stage, its money, its days and its broken promises."),
        shape=record(
            {
                "stage_points": table_of(whole(most=1000)),
                "amount_per_point": amount(least="0.01"),
                "amount_points_most": whole(most=1000),
                "days_per_point": days(least=1),
                "days_points_most": whole(most=1000),
                "broken_promise_points": whole(most=1000),
                "broken_promises_most": whole(most=1000),
            }
        ),
    )
)
declare_rule(
    RuleKind(
        code="collections_actions",
        subject=Subject.COLLECTIONS,
        label=_("What is done in each stage"),
        told=_("The next step of a case by its stage, and after how many failed contacts a borrower is unreachable."),
        shape=record({"failed_in_a_row": whole(least=1, most=100), "by_stage": table_of(code(), at_least=1)}),
    )
)
declare_rule(
    RuleKind(
        code="collections_promise",
        subject=Subject.COLLECTIONS,
        label=_("Promises to pay"),
        told=_("How far ahead a promise may reach, and which part of it keeps it."),
        shape=record(
            {"longest_days": days(least=1), "kept_share": share(), "mostly_paid_share": share()},
            ascending=["mostly_paid_share", "kept_share"],
        ),
    )
)
declare_rule(
    RuleKind(
        code="collections_work",
        subject=Subject.COLLECTIONS,
        label=_("How cases are worked"),
        told=_("How long a case stays with whoever opened it, is put off, or rests, and when it is tried again."),
        shape=record(
            {
                "claim_minutes": whole(least=1, most=1440),
                "snooze_days_most": days(least=1),
                "hold_days_most": days(least=1),
                "rest_hours_by_outcome": table_of(whole(most=1000)),
            }
        ),
    )
)
