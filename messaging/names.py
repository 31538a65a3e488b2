"""What a message is about, in words; the codes are those of the templates."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NAMES: dict[str, str | Promise] = {
    "repayment_due_soon": _("payment due soon"),
    "repayment_due_today": _("payment due today"),
    "repayment_overdue": _("payment overdue"),
    "repayment_received": _("payment received"),
    "offer_ready": _("offer ready"),
    "loan_disbursed": _("loan paid out"),
    "loan_settled": _("loan settled"),
    "promise_broken": _("promise broken"),
    "extension_granted": _("extension granted"),
    "loan_changed": _("loan changed"),
    "policy_cover_low": _("cash value nearly used up"),
    "policy_lapse_ahead": _("policy will lapse"),
    "policy_lapsed": _("policy lapsed"),
    "policy_reinstated": _("policy reinstated"),
}


def name_of(template_code: str) -> str:
    """The name of a kind of message; an unknown code as it stands."""
    return str(NAMES.get(template_code, template_code))
