"""What people ask each other to do about borrowers."""

from django.utils.translation import gettext_lazy as _

from casework.kinds import declare_follow_up

declare_follow_up(
    "borrower.follow_up",
    _("Follow up a borrower"),
    "borrowers.borrower",
    teams=("operations", "team_lead", "compliance", "risk_analyst", "checker"),
    escalates_to="checker",
)
