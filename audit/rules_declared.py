"""The rules read here: two people, requests that wait, personal data revealed."""

from django.utils.translation import gettext_lazy as _

from core.rulebook.kinds import RuleKind, Subject, declare_rule
from core.rulebook.shapes import Shape, amount, days, record, table_of, whole


def _counts(what: str, *, least: int = 1) -> dict[str, Shape]:
    """A number an hour, a day and a week."""
    return {f"{what}_{span}": whole(least=least) for span in ("hour", "day", "week")}


declare_rule(
    RuleKind(
        code="two_people",
        subject=Subject.AUTHORITY,
        label=_("What takes two people"),
        told=_(
            "From which amount a request needs a second person, and for how long whose account is no second person."
        ),
        shape=record(
            {
                "accounts_made_within_days": days(),
                "accounts_of_a_pair_within_days": days(),
                "delegation_most_days": days(least=1),
                "amount_from": table_of(amount()),
            },
        ),
    )
)
declare_rule(
    RuleKind(
        code="approval_expiry",
        subject=Subject.AUTHORITY,
        label=_("How long a request waits"),
        told=_("For how many days a request waits for its second person."),
        shape=record({"days": days(least=1)}, optional={"by_kind": table_of(days(least=1))}),
    )
)
declare_rule(
    RuleKind(
        code="reveal_quota",
        subject=Subject.PRIVACY,
        label=_("Personal data revealed"),
        told=_(
            "How often an hour, a day and a week personal data is shown unmasked, and above what number compliance is "
            "alarmed."
        ),
        shape=record(
            _counts("per") | _counts("alarm_above", least=0) | _counts("api_per") | _counts("api_alarm_above", least=0),
            ascending=["per_hour", "per_day", "per_week", "api_per_hour", "api_per_day", "api_per_week"],
        ),
    )
)
declare_rule(
    RuleKind(
        code="lookup_quota",
        subject=Subject.PRIVACY,
        label=_("Numbers looked up"),
        told=_(
            "How many phones, identity numbers and e-mail addresses one person looks up an hour, a day and a week, and "
            "above what number compliance is alarmed."
        ),
        shape=record(
            _counts("per")
            | _counts("alarm_above", least=0)
            | {"alike_per_day": whole(least=1), "alike_alarm_above": whole()},
            ascending=["per_hour", "per_day", "per_week"],
        ),
    )
)
