"""What people must do about borrowers: what people ask each other to do, and what partners ask for about theirs."""

from django.utils.translation import gettext_lazy as _

from casework.kinds import declare_follow_up
from casework.kinds_of_partners import declare_partner_kinds

declare_follow_up(
    "borrower.follow_up",
    _("Follow up a borrower"),
    "borrowers.borrower",
    teams=("operations", "team_lead", "compliance", "risk_analyst", "checker"),
    escalates_to="checker",
)
declare_partner_kinds("borrower", "borrowers.borrower")
