"""The approved wordings: which one is used, and how a new version takes the place of the old."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit.context import acting_for
from core.errors import Invalid
from messaging.models import Channel, Template
from messaging.rendering import WordingProblem, problems, variables
from staff.models import User

# What each message is about, and the variables its producers promise to give.
VARIABLES: dict[str, tuple[str, ...]] = {
    "repayment_due_soon": ("loan_number", "amount", "due_on", "currency"),
    "repayment_due_today": ("loan_number", "amount", "currency"),
    "repayment_overdue": ("loan_number", "amount", "days_past_due", "currency"),
    "repayment_received": ("loan_number", "amount", "received_on", "currency"),
    "offer_ready": ("application_number", "amount", "term_count", "valid_until", "currency"),
    "loan_disbursed": ("loan_number", "amount", "disbursed_on", "currency"),
    "loan_settled": ("loan_number", "settled_on"),
    "promise_broken": ("loan_number", "amount", "promised_on", "currency"),
    "extension_granted": ("loan_number", "days", "due_on"),
    "loan_changed": ("loan_number", "change"),
    "policy_cover_low": ("loan_number", "percent", "owed", "currency"),
    "policy_lapse_ahead": ("loan_number", "amount", "last_day", "currency"),
    "policy_lapsed": ("loan_number", "paid", "owed", "currency"),
    "policy_reinstated": ("loan_number", "reinstated_on"),
}
PROBLEM_WORDS: dict[WordingProblem, str | Promise] = {
    WordingProblem.EMPTY: _("the text is empty"),
    WordingProblem.TOO_LONG: _("the text is longer than 500 characters"),
    WordingProblem.FORBIDDEN_CHARACTER: _("gateways refuse 【】, ¥ and ornaments: write the currency as {currency}"),
    WordingProblem.LINK_OR_PHONE: _("gateways refuse links and phone numbers in the text"),
    WordingProblem.STRAY_BRACE: _("a brace does not belong to a variable such as {amount}"),
}


class WordingRefused(Invalid):
    """A gateway would not carry this text."""

    code = "wording_refused"
    field = "body"
    message = _("This wording cannot be used: %(problem)s.")


class VariableUnknown(Invalid):
    """Nobody gives this variable for this kind of message."""

    code = "variable_unknown"
    field = "body"
    message = _("“{%(variable)s}” is not known for this message. Known: %(known)s.")


@dataclass(frozen=True)
class WordingBook:
    """All active wordings, read once a batch."""

    by_key: dict[tuple[str, str, str], Template]

    def find(self, *, code: str, channel: str, language: str) -> Template | None:
        """The wording for a channel and language; else the SMS one; else any language of it."""
        for wanted in (channel, Channel.SMS.value):
            for tongue in (language, "zh-hans", "en"):
                found = self.by_key.get((code, wanted, tongue))
                if found is not None:
                    return found
        return None


def wording_book() -> WordingBook:
    """The wordings in use now."""
    active = Template.objects.filter(active=True)
    return WordingBook({(one.code, one.channel, one.language): one for one in active})


@transaction.atomic
def publish_wording(
    *, code: str, channel: str, language: str, body: str, subject: str = "", reason: str = "", by: User | None = None
) -> Template:
    """Put a new version of a wording in use; the version before stays on record. Raises WordingRefused."""
    check_wording(code, channel, body)
    versions = Template.objects.select_for_update().filter(code=code, channel=channel, language=language)
    with acting_for(by, reason=reason):
        for old in versions.filter(active=True):
            old.active = False
            old.save()
        latest = max((old.version for old in versions), default=0)
        return Template.objects.create(
            code=code, channel=channel, language=language, subject=subject, body=body, version=latest + 1
        )


def check_wording(code: str, channel: str, body: str) -> None:
    """Raises WordingRefused or VariableUnknown when a gateway or a producer could not live with a wording."""
    found = problems(body)
    if channel != Channel.SMS:
        found = [one for one in found if one in (WordingProblem.EMPTY, WordingProblem.STRAY_BRACE)]
    if found:
        raise WordingRefused(problem=PROBLEM_WORDS[found[0]])
    known = VARIABLES.get(code, ())
    for name in variables(body):
        if name not in known:
            raise VariableUnknown(variable=name, known=", ".join(known))
