"""How the loan pages say things: money split in words, how often is paid, how days are counted."""

from typing import Any

from django import template
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy

from loans.pages import bank_reasons, days_off_words, early_words, late_words, loan_page, mandate_page
from loans.pricing.cost_words import COST_NAMES, payee_words
from loans.rates.cost_table import CostKind
from messaging.queries import reason_label

register = template.Library()
register.filter("money_split", loan_page.money_split)
register.filter("debit_reason", mandate_page.reason)
register.filter("bank_reason", bank_reasons.in_words)
register.filter("was_stopped_here", bank_reasons.was_stopped_here)
register.filter("refusal_words", reason_label)
register.filter("days_off_words", days_off_words.words_of)
register.filter("days_off_words_of_contract", days_off_words.words_of_contract)
register.filter("early_words", early_words.words_of)
register.filter("early_words_of_contract", early_words.words_of_contract)
register.filter("late_words_of_version", late_words.words_of_version)
register.filter("late_words_of_loan", late_words.words_of_loan)
register.filter("late_words_of_contract", late_words.words_of_contract)

_COMPONENTS: dict[str, str | Promise] = {
    "fee": gettext_lazy("fees"),
    "late_interest": gettext_lazy("late interest"),
    "interest": gettext_lazy("interest"),
    "principal": gettext_lazy("principal"),
}
_DAY_COUNTS: dict[str, str | Promise] = {
    "act_365f": gettext_lazy("actual days / 365"),
    "act_360": gettext_lazy("actual days / 360"),
    "30_360": gettext_lazy("30-day months / 360"),
    "act_364": gettext_lazy("actual days / 364"),
    "act_365_25": gettext_lazy("actual days / 365.25"),
    "nl_365": gettext_lazy("actual days without 29 February / 365"),
    "30e_360": gettext_lazy("30-day months / 360, Eurobond basis"),
    "30e_360_isda": gettext_lazy("30-day months / 360, ends of months as 30th"),
    "30u_360": gettext_lazy("30-day months / 360, US rule"),
    "act_act_isda": gettext_lazy("actual days / days of the calendar year"),
    "act_act_year_end": gettext_lazy("actual days / days of the year, cut on 31 December"),
    "act_act_icma": gettext_lazy("actual days / days of the regular period"),
    "act_act_afb": gettext_lazy("whole years, then actual days / 365 or 366"),
    "eu_remark_c": gettext_lazy("whole periods, then actual days / 365 or 366"),
}
# Apart, not as plural forms of each other: Chinese says no "1" where it is every month.
_RHYTHMS: dict[str, tuple[str | Promise, str | Promise]] = {
    "month": (gettext_lazy("every month"), gettext_lazy("every %(n)d months")),
    "week": (gettext_lazy("every week"), gettext_lazy("every %(n)d weeks")),
    "day": (gettext_lazy("every day"), gettext_lazy("every %(n)d days")),
}


@register.filter
def cost_name(kind: CostKind) -> str:
    return str(COST_NAMES[kind])


register.filter("payee_words", payee_words)


@register.filter
def component_words(code: str) -> str:
    return str(_COMPONENTS.get(code, code))


@register.filter
def day_count_words(code: str) -> str:
    return str(_DAY_COUNTS.get(code.lower(), code))


@register.filter
def rhythm(terms: Any) -> str:
    """How often an instalment falls due: "every month", "every 2 weeks"."""
    every = terms.every
    one, several = _RHYTHMS[terms.frequency]
    return str(one) if every == 1 else str(several) % {"n": every}


@register.filter
def product_name(product: Any) -> str:
    """The product's name in the reader's language, where it has one."""
    return product.name_zh if product.name_zh and (get_language() or "").startswith("zh") else product.name
