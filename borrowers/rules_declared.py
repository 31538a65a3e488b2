"""The rules read here: what borrowers agree to, and when a phone number is asked again."""

from django.utils.translation import gettext_lazy as _

from core.rulebook.kinds import RuleKind, Subject, declare_rule
from core.rulebook.shapes import code, days, list_of, record

declare_rule(
    RuleKind(
        code="consents_needed",
        subject=Subject.PRIVACY,
        label=_("Consents an application needs"),
        told=_("What a borrower agrees to before anything is read or scored, in the order in which it is asked."),
        shape=record({"purposes": list_of(code(), at_least=1)}),
    )
)
declare_rule(
    RuleKind(
        code="phone_reverify_days",
        subject=Subject.CONTACT,
        label=_("Phone numbers asked again"),
        told=_("After how many idle days a phone number must be verified again."),
        shape=record({"days": days(least=1)}),
    )
)
