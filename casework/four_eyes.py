"""What a second person decides on in `casework`, declared to the audit app when Django starts."""

from django.utils.translation import gettext_lazy as _

from audit import approvals
from casework import holds

approvals.register(
    holds.LIFT,
    holds.lift,
    permission=holds.AGREE,
    label=_("Lifting a legal hold"),
    group=approvals.Group.POWER,
    asked_with=holds.HOLD,
)
