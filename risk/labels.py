"""The words for characteristics of the scorecard, so that pages and letters say the same."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Label = str | Promise

CHARACTERISTICS: dict[str, Label] = {
    "age": _("Age"),
    "income": _("Income and its proof"),
    "debts": _("Debts elsewhere"),
    "record_here": _("Repayment history"),
    "phone_verified": _("Phone verified"),
    "months_known": _("Months as customer"),
}
