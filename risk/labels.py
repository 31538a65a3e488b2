"""The words for checks, characteristics and facts, so that pages and letters say the same."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.choices import Tone, Toned
from risk.policy.checks import Result

Label = str | Promise

CHECKS: dict[str, Label] = {
    "identity": _("Identity proved"),
    "age": _("Age"),
    "do_not_lend": _("Not on the do-not-lend list"),
    "other_applications": _("No other open application"),
    "arrears": _("No arrears here"),
    "exposure": _("Borrowed in all"),
    "affordability": _("Affordable"),
}

CHARACTERISTICS: dict[str, Label] = {
    "age": _("Age"),
    "income": _("Income and its proof"),
    "debts": _("Debts elsewhere"),
    "record_here": _("Record with us"),
    "phone_verified": _("Phone verified"),
    "months_known": _("Months known to us"),
}

FACTS: dict[str, Label] = {
    "age": _("age"),
    "least": _("at least"),
    "most": _("at most"),
    "open": _("open"),
    "days_past_due": _("days past due"),
    "written_off": _("written off"),
    "outstanding": _("owed now"),
    "after": _("owed with this"),
    "cap": _("cap"),
    "payment": _("a month"),
    "room": _("room"),
    "income": _("income"),
    "share": _("share"),
}

AMOUNTS = {"outstanding", "after", "cap", "payment", "room", "income"}
SHARES = {"share"}


class ShownResult(Toned):
    """What a check found (``risk.policy.checks.Result``), as pages show it."""

    PASSED = Result.PASSED.value, Tone.GOOD, pgettext_lazy("check", "passed")
    FAILED = Result.FAILED.value, Tone.BAD, pgettext_lazy("check", "failed")
    UNKNOWN = Result.UNKNOWN.value, Tone.ATTENTION, pgettext_lazy("check", "not known")
