"""The words of the gate: what each check is called, and what a refusal says of it."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy

from borrowers.models import ConsentPurpose, Occupation
from core.choices import Tone, Toned
from core.money import round_money
from core.writing import conditions, listed, money
from loans.gate.gate import Finding, Result
from loans.payees.payees import PayeeState
from loans.pricing.cost_caps import percent

Label = str | Promise

CHECKS: Mapping[str, Label] = {
    "alive": _("Borrower is alive and not erased"),
    "identity": _("Identity proved"),
    "age": _("Age"),
    "consent": _("Consents"),
    "do_not_lend": _("Not on the do-not-lend list"),
    "student": _("May be lent to by occupation"),
    "product": _("Product is sold"),
    "purpose": _("Purpose of the loan"),
    "price": _("All-in cost within the cap"),
    "exposure": _("Total borrowed"),
    "payee": _("Account to be paid"),
    "limit": _("Within the limit"),
    "affordability": _("Affordable"),
    "score": _("Score"),
    "data_age": _("Income figures are recent"),
    "arrears": _("No arrears here"),
    "authority": _("Within what one person decides"),
    "other_applications": _("No other open application"),
}

# What a refusal says: where the check fails, and where the facts are missing.
SENTENCES: Mapping[str, tuple[Label, Label]] = {
    "alive": (_("The borrower has died or was erased"), _("It is not known whether the borrower is alive")),
    "identity": (_("The identity is not proved"), _("The identity is not proved")),
    "age": (_("The age of %(age)s is outside %(least)s to %(most)s"), _("The birth date is not known")),
    "consent": (_("Consents are missing: %(missing)s"), _("It is not known which consents were given")),
    "do_not_lend": (_("The borrower is on the do-not-lend list"), _("The do-not-lend list cannot be read")),
    "student": (_("This lender may not lend to students"), _("The occupation is not known")),
    "product": (_("The product is not sold any more"), _("The product is not sold any more")),
    "purpose": (_("Nothing is lent for this purpose"), _("The purpose is not known")),
    "price": (
        _("The all-in cost of %(cost)s a year is above the cap of %(highest_cost)s"),
        _("The all-in cost cannot be worked out"),
    ),
    "exposure": (
        _("With this the borrower would owe %(after)s; the cap on one person is %(cap)s"),
        _("What one person may owe at most is not known"),
    ),
    "payee": (_("The account to be paid may not be paid: %(payee)s"), _("There is no account to be paid")),
    "limit": (
        _("With this the borrower would owe %(after)s; the limit is %(limit)s"),
        _("The borrower has no limit yet"),
    ),
    "affordability": (
        _("%(payment)s a month is more than the %(room)s that the income leaves"),
        _("It is not known what the income leaves: no income is on file, or none that counts is proved"),
    ),
    "score": (_("The score of %(points)s, grade %(grade)s, is too low"), _("There is no score")),
    "data_age": (
        _("The income of %(as_of)s is older than %(days)s days"),
        _("There is no income on file"),
    ),
    "arrears": (
        _("Loans here are %(days_past_due)s days past due, %(written_off)s written off"),
        _("It is not known whether loans here are late"),
    ),
    "authority": (
        _("With this %(bound_by_one)s was agreed to by one person; above %(one_decides)s it takes two"),
        _("It is not known what one person may decide"),
    ),
    "other_applications": (_("Other applications are open: %(open)s"), _("Other applications cannot be counted")),
}

# What can be done where a hard check stops everybody. A soft one is overridden by two people, or mended.
NEXT: Mapping[str, Label] = {
    "alive": _("If that was recorded by mistake, correct it on the borrower's page; a second person agrees."),
    "identity": _("Have the document looked at and the identity confirmed on the borrower's page."),
    "age": _("Nobody can override this. Correct the birth date on file if it is wrong."),
    "consent": _("Record the missing consents on the borrower's page, once the borrower has given them."),
    "do_not_lend": _("Ask a risk analyst why. Taking somebody off the list needs a second person."),
    "student": _("If the occupation is wrong or missing, correct it on the borrower's page."),
    "product": _("Take a new application for a product that is on sale."),
    "purpose": _("Take a new application for a purpose that is allowed."),
    "price": _("Nobody can override this. Have the terms of the product changed so that the cost is within the cap."),
    "exposure": _("Nobody can override this. Lend less, or wait until something is repaid."),
    "payee": _(
        "Have an account of the borrower verified by the bank or by a second person, or put another one on file."
    ),
}

FACTS: Mapping[str, Label] = {
    "age": _("age"),
    "least": _("at least"),
    "most": _("at most"),
    "open": _("open"),
    "days_past_due": _("days past due"),
    "written_off": _("written off"),
    "committed": _("existing debt and commitments"),
    "after": _("total including this loan"),
    "cap": _("cap"),
    "limit": _("limit"),
    "payment": _("instalment per month"),
    "room": _("available for instalments per month"),
    "over_by": _("over by"),
    "bound_by_one": _("agreed to by one person"),
    "one_decides": _("one person decides up to"),
    "income": _("income"),
    "declared_income": _("declared income, not verified"),
    "committed_payments": _("committed instalments per month"),
    "share": _("highest debt-to-income ratio"),
    "cost": _("annualised all-in cost"),
    "highest_cost": _("cap"),
    "missing": _("missing"),
    "occupation": _("occupation"),
    "payee": _("bank account"),
    "points": _("points"),
    "grade": _("grade"),
    "as_of": _("as of"),
    "days": _("days at most"),
}

AMOUNTS = frozenset(
    {"committed", "after", "cap", "limit", "payment", "room", "over_by", "income", "bound_by_one", "one_decides"}
    | {"declared_income", "committed_payments"}
)
SHARES = frozenset({"share", "cost", "highest_cost"})


# Values that are codes, in words.
VALUES: Mapping[str, Mapping[str, Label]] = {
    "occupation": dict(Occupation.choices),
    "missing": dict(ConsentPurpose.choices),
    "payee": {
        PayeeState.VERIFIED.value: _("verified"),
        PayeeState.UNVERIFIED.value: _("not verified"),
        PayeeState.MISSING.value: _("none on file"),
        PayeeState.CHANGED.value: _("changed since it was promised"),
        PayeeState.SHARED.value: _("left to a second person"),
        PayeeState.NOT_ACTIVE.value: _("the merchant is not active"),
    },
}


NOT_KNOWN, FAILED = gettext_noop("not known"), gettext_noop("does not pass")


class ShownResult(Toned):
    """What a check found (``loans.gate.gate.Result``), as pages show it."""

    PASSED = Result.PASSED.value, Tone.GOOD, pgettext_lazy("check", "passed")
    FAILED = Result.FAILED.value, Tone.BAD, pgettext_lazy("check", "failed")
    MISSING = Result.MISSING.value, Tone.ATTENTION, pgettext_lazy("check", "not known")
    OVERRIDDEN = Result.OVERRIDDEN.value, Tone.INFO, pgettext_lazy("check", "overridden")


def figure(name: str, value: Any, currency: str = "") -> str:
    """A fact as people read it: amounts with separators and the sign of ``currency``, shares in per cent."""
    if value is None:
        return "-"
    if name in AMOUNTS:
        return (
            money(value, currency).replace(" ", "\N{NO-BREAK SPACE}")
            if currency
            else f"{round_money(Decimal(value)):,}"
        )
    if name in VALUES:
        return listed(VALUES[name].get(code, code) for code in str(value).split(", "))
    return percent(Decimal(value)) if name in SHARES else str(value)


def figures(facts: Iterable[tuple[str, Any]], currency: str = "") -> str:
    """The figures behind a check in one line."""
    return " · ".join(
        f"{FACTS.get(name, name)} {figure(name, value, currency)}" for name, value in facts if value is not None
    )


def sentence(found: Finding, currency: str = "") -> str:
    """What a refusal says of the check, in the active language."""
    failed, missing = SENTENCES[found.code]
    if found.result is Result.MISSING:
        return str(missing)
    return str(failed) % {name: figure(name, value, currency) for name, value in found.facts.items()}


def next_steps(found: Iterable[Finding]) -> list[Label]:
    """What can be done about the hard checks that stop everybody, each once."""
    return list(dict.fromkeys(NEXT[one.code] for one in found if one.code in NEXT and not one.passes))


def in_words(found: Iterable[Finding]) -> dict[str, str]:
    """Each check with what it found and its figures, in parts that the catalogue knows whoever reads them later."""
    words: dict[str, str] = {}
    for one in found:
        check = str(CHECKS[one.code])
        words[check] = NOT_KNOWN if one.result is Result.MISSING else FAILED
        shown = {name: value for name, value in one.facts.items() if value is not None}
        words |= {f"{check} · {FACTS[name]}": figure(name, value) for name, value in shown.items()}
    return words


def sentences(found: Iterable[Finding], currency: str = "") -> str:
    """What a refusal says of all of them."""
    return conditions(sentence(one, currency) for one in found)
