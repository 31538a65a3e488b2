"""What a second person decides on in `operations`, declared to the audit app when Django starts."""

from django.utils.translation import gettext_lazy as _

from audit import approvals
from operations import books

approvals.register(
    books.REOPENING,
    books.reopening_approved,
    permission="ledger.reopen_period",
    label=_("Closed books opened again"),
    asked_with="ledger.close_period",
)
