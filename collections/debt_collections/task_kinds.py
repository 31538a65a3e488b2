"""What people ask each other to do about cases in collections."""

from django.utils.translation import gettext_lazy as _

from casework.kinds import declare_follow_up

declare_follow_up(
    "case.follow_up",
    _("Follow up a case"),
    "collections.case",
    teams=("team_lead", "compliance"),
    escalates_to="team_lead",
)
