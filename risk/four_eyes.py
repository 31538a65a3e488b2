"""What a second person decides on in `risk`, declared to the audit app when Django starts."""

from django.utils.translation import gettext_lazy as _

from audit import approvals
from risk import limits

approvals.register(
    limits.RAISE,
    limits.raise_approved,
    permission="risk.approve_limit",
    label=_("Higher credit limit"),
    asked_with="risk.change_limit",
    outcome=limits.would_raise,
)
