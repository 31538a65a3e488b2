"""Names of the first chart of accounts: they are data, so the catalogue must be told of them. An account renamed or added
in the admin is shown under the name it was given."""

from django.utils.translation import gettext_noop as _

WORDS = (
    _("Cash at bank"),
    _("Loan principal receivable"),
    _("Interest receivable"),
    _("Late interest receivable"),
    _("Fees receivable"),
    _("Merchant refunds receivable"),
    _("Borrower overpayments"),
    _("Unidentified receipts"),
    _("Disbursement clearing"),
    _("Interest in suspense"),
    _("Interest income"),
    _("Late interest income"),
    _("Fee income"),
    _("Fees and penalties adjustments"),
    _("Recoveries of written-off loans"),
    _("Write-off expense"),
    _("Charge-off expense"),
    _("Goodwill expense"),
    _("Discounts on settlement"),
    _("Small remainders closed"),
)
