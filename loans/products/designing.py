"""Designing what is lent: a draft of new terms, a second person's agreement, and the day from which it holds.

Running loans and offers keep the terms they were made with. What is asked for is what is agreed to: a draft that waits for a
decision is not changed, and a decision after the prices have moved shows both first.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from audit import approvals
from audit.models import Approval
from core.context import acting_for
from core.errors import DomainError, Invalid
from core.writing import number, percent
from loans.models import Product, ProductVersion, VersionStatus
from loans.pricing.early_charges import require_early_charge_allowed
from loans.pricing.late_rules import require_multiplier_allowed
from loans.pricing.quotes import SOLD, require_product_within_cap
from loans.products.examples import Priced, Wanted, priced, usual
from loans.products.taking_effect import take_effect
from loans.products.terms import TERMS, changed_terms, terms_of, told
from loans.products.version_lifecycle import VERSIONS, advance
from staff.models import User

NEW_VERSION = "product.version"
ONE_DAY = timedelta(days=1)
FROM = gettext_noop("holds from")
INSTEAD_OF = gettext_noop("in place of a version that has not begun")
CAP = gettext_noop("cap on the all-in cost")
FIGURES = {
    "instalment": gettext_noop("each instalment"),
    "total": gettext_noop("total repayable"),
    "simple": gettext_noop("annualised all-in cost, simple"),
    "compound": gettext_noop("annualised all-in cost, compounded"),
}


class ProductTermsRefused(Invalid):
    code = "product_terms_refused"
    message = _("These terms do not go together: %(why)s")


class DraftAwaitsDecision(DomainError):
    code = "draft_awaits_decision"
    message = _("Version %(version)s waits for a second person. Have that request decided before you change the draft.")


class VersionStartsTooEarly(Invalid):
    code = "version_starts_too_early"
    field = "effective_from"
    message = _("A new version of this product holds from %(earliest)s at the earliest. Choose a later day.")


class VersionChangesNothing(Invalid):
    code = "version_changes_nothing"
    message = _("Every term is the same as in version %(version)s. Change what is to be different.")


class ProductSaleEnds(DomainError):
    code = "product_sale_ends"
    field = "effective_from"
    message = _("This product is not sold after %(until)s. Have its end of sale changed first, or copy the product.")


class ProductCodeTaken(Invalid):
    code = "product_code_taken"
    field = "code"
    message = _("There is a product with the code %(code)s. Choose another code.")


def draft_of(product: Product) -> ProductVersion | None:
    """The version that is being designed."""
    return product.versions.filter(status=VersionStatus.DRAFT).first()


def standing(product: Product, on: date) -> ProductVersion | None:
    """The version that holds on ``on``: what a new one is compared with."""
    sold = product.versions.filter(status__in=SOLD, effective_from__lte=on)
    return sold.order_by("-version").first()


def replaced_by(version: ProductVersion) -> ProductVersion | None:
    """The version before it."""
    return version.product.versions.filter(version__lt=version.version).order_by("-version").first()


def begun(product: Product, on: date) -> ProductVersion:
    """The draft of ``product``, or a new one that begins with the terms that hold on ``on``, else with those of its newest
    version; not stored yet."""
    known = draft_of(product)
    if known is not None:
        return known
    newest = product.versions.order_by("-version").first()
    source = standing(product, on) or newest
    terms = {} if source is None else terms_of(source)
    version = 1 if newest is None else newest.version + 1
    return ProductVersion(product=product, version=version, effective_from=earliest_start(product, on), **terms)


def earliest_start(product: Product, on: date) -> date:
    """The first day a new version may hold from: the day after ``on``, whose offers were made as they were told; for a
    product that sells nothing yet, ``on`` itself."""
    is_sold = product.versions.filter(status__in=SOLD).exists()
    return on + ONE_DAY if is_sold else on


@transaction.atomic
def keep_draft(
    *, product_id: int, terms: Mapping[str, Any], effective_from: date, on: date, by: User
) -> ProductVersion:
    """Store the draft of the product with these terms; names left out keep what they were.

    Raises DraftAwaitsDecision, ProductTermsRefused.
    """
    draft = begun(Product.objects.select_for_update().get(pk=product_id), on)
    if draft.pk is not None:
        _require_undecided(draft)
    draft.effective_from = effective_from
    for name in TERMS:
        if name in terms:
            setattr(draft, name, terms[name])
    try:
        draft.full_clean()
    except ValidationError as refusal:
        raise ProductTermsRefused(why=" ".join(refusal.messages)) from refusal
    with acting_for(by):
        draft.save()
    return draft


@transaction.atomic
def copy_product(*, source_id: int, code: str, name: str, name_zh: str, on: date, by: User) -> ProductVersion:
    """A new product whose draft begins with the terms of another; it is sold once two people agreed to it.

    Raises ProductCodeTaken, ProductTermsRefused.
    """
    source = Product.objects.get(pk=source_id)
    if Product.objects.filter(code=code).exists():
        raise ProductCodeTaken(code=code)
    terms = terms_of(begun(source, on))
    with acting_for(by):
        product = Product.objects.create(code=code, name=name, name_zh=name_zh, market=source.market)
    return keep_draft(product_id=product.pk, terms=terms, effective_from=on, on=on, by=by)


def refusals(version: ProductVersion, on: date) -> list[DomainError]:
    """Why nobody may agree to ``version`` on ``on``; empty where all is well."""
    return list(_refusals(version, on))


def _refusals(version: ProductVersion, on: date) -> Iterator[DomainError]:
    product, starts = version.product, version.effective_from
    earliest = earliest_start(product, on)
    if starts < earliest:
        yield VersionStartsTooEarly(earliest=earliest.isoformat())
    if not product.active or (product.sale_ends_on is not None and product.sale_ends_on < starts):
        yield ProductSaleEnds(until=product.sale_ends_on or on)
    before = standing(product, on)
    if before is not None and not changed_terms(before, version):
        yield VersionChangesNothing(version=before.version)
    for ask in (
        lambda: require_product_within_cap(version, starts),
        lambda: require_early_charge_allowed(version, starts),
        lambda: require_multiplier_allowed(version.late_rate_multiplier, starts, product.market),
    ):
        try:
            ask()
        except DomainError as refusal:
            yield refusal


def _require_agreeable(version: ProductVersion, on: date) -> None:
    for refusal in _refusals(version, on):
        raise refusal


def _require_undecided(draft: ProductVersion) -> None:
    if approvals.pending(NEW_VERSION, draft) is not None:
        raise DraftAwaitsDecision(version=draft.version)


@transaction.atomic
def ask_for_version(*, version_id: int, reason: str, on: date, by: User) -> Approval:
    """Send the draft to a second person.

    Raises VersionStepRefused, ApprovalAlreadyPending, ReasonMissing, and whatever ``refusals`` names.
    """
    draft = _locked(version_id)
    VERSIONS.require_step(draft, VersionStatus.AGREED)
    _require_agreeable(draft, on)
    before = standing(draft.product, on)
    changed = changed_terms(before, draft)
    return approvals.request(
        kind=NEW_VERSION,
        obj=draft,
        before=told(before, changed),
        after=told(draft, changed),
        outcome=outcome(draft, on),
        reason=reason,
        requested_by=by,
        on=on,
    )


def outcome(version: ProductVersion, on: date) -> dict[str, str]:
    """What agreeing on ``on`` would do, in words: from when, in whose place, and three loans before and after."""
    starts, product = version.effective_from, version.product
    before, waits = standing(product, on), product.versions.filter(status=VersionStatus.AGREED, effective_from__gt=on)
    words = {FROM: starts.isoformat()}
    if (other := waits.first()) is not None:
        words[INSTEAD_OF] = f"v{other.version}, {other.effective_from.isoformat()}"
    for wanted in usual(version):
        was = Priced() if before is None else priced(before, wanted, starts)
        words |= _words(wanted, was, priced(version, wanted, starts))
    return words


def _words(wanted: Wanted, was: Priced, now: Priced) -> dict[str, str]:
    loan = f"{number(wanted.amount)} × {wanted.count}"
    old, new = _figures(was), _figures(now)
    shown = {name: new[name] if old[name] == new[name] else f"{old[name]} → {new[name]}" for name in new}
    return {f"{loan} · {name}": value for name, value in shown.items()}


def _figures(one: Priced) -> dict[str, str]:
    quote = one.quote
    if quote is None:
        return dict.fromkeys((*FIGURES.values(), CAP), "—")
    return {
        FIGURES["instalment"]: number(one.instalment),
        FIGURES["total"]: number(quote.total_repayable),
        FIGURES["simple"]: percent(quote.cost.simple),
        FIGURES["compound"]: percent(quote.cost.compound),
        CAP: percent(quote.cap.rate),
    }


def outcome_of_request(approval: Approval, on: date) -> approvals.Outcome:
    """The same, as approving on ``on`` would do it. Raises what keeps it from being agreed to by now."""
    draft = ProductVersion.objects.select_related("product").get(pk=approval.object_id)
    _require_agreeable(draft, on)
    return approvals.Outcome(outcome(draft, on))


@transaction.atomic
def version_agreed(approval: Approval, on: date) -> None:
    """A second person agrees: the version is sold from its day on, in place of one that was agreed to and has not begun."""
    draft = _locked(int(approval.object_id))
    take_effect(on=on)
    for other in draft.product.versions.select_for_update().filter(status=VersionStatus.AGREED):
        advance(other, VersionStatus.RETIRED)
    advance(draft, VersionStatus.AGREED)
    take_effect(on=on)


def _locked(version_id: int) -> ProductVersion:
    """The version, with its product locked first."""
    Product.objects.select_for_update().get(versions=version_id)
    return ProductVersion.objects.select_for_update(of=("self",)).select_related("product").get(pk=version_id)
