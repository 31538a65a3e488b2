"""What a second person decides on in collections, declared to the audit app when Django starts."""

from django.utils.translation import gettext_lazy as _

from audit import approvals
from debt_collections import solutions
from loans.servicing import asking

approvals.register(
    asking.WRITE_OFF, solutions.write_off_approved, permission="loans.approve_write_off", label=_("Write-off")
)
