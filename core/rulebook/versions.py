"""A version of a rule follows the one before it, from a day to come, and is never changed."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, Invalid
from core.models import Rule
from core.rulebook.fitting import require_fit
from core.rulebook.kinds import rule_kind


class RuleTakesHoldTooEarly(Invalid):
    """The past was lived under the version that held then."""

    code = "rule_takes_hold_too_early"
    field = "effective_from"
    message = _(
        "A version takes hold on a day to come, from %(earliest)s on: what was done is judged by the rules of its day."
    )


class RuleSaysTheSame(Invalid):
    code = "rule_says_the_same"
    field = "data"
    message = _("The version before says the same: there is nothing new to agree to.")


class RuleInForce(DomainError):
    code = "rule_in_force"
    message = _("%(version)s is in force, or was. A version is never changed or removed: write one that follows it.")


def require_possible(version: Rule, on: date) -> None:
    """Refuse a new version that could not be stored on ``on``, the business date.

    Raises RuleUnknown, RuleDataInvalid, RuleTakesHoldTooEarly, RuleSaysTheSame.
    """
    kind = rule_kind(version.code)
    require_fit(version.code, kind.shape, version.data)
    versions = Rule.objects.filter(code=version.code, market=version.market)
    before = versions.filter(effective_from__lt=version.effective_from).order_by("-effective_from").first()
    if version.effective_from <= on and not kind.published and versions.exists():
        raise RuleTakesHoldTooEarly(earliest=date.fromordinal(on.toordinal() + 1).isoformat())
    if before is not None and before.data == version.data:
        raise RuleSaysTheSame()


def may_be_withdrawn(version: Rule, on: date) -> bool:
    """Whether the version has not taken hold yet on ``on``."""
    return version.effective_from > on


def require_withdrawable(version: Rule, on: date) -> None:
    """Raises RuleInForce."""
    if not may_be_withdrawn(version, on):
        raise RuleInForce(version=str(version))
