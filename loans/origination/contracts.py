"""Contracts: an accepted offer becomes a loan, and what was agreed is sealed as canonical JSON with its SHA-256.

The document names the borrower by public id, masked name and the keyed fingerprint of the identity document: it proves
who signed without being one more place where personal data lies in the clear.
"""

import hashlib
import json
from dataclasses import asdict
from datetime import date
from decimal import Decimal

from core.history import insert_tracked
from core.identifiers import next_number
from core.money import in_capitals, round_rate
from loans.disbursement.disbursing import queue
from loans.merchants.merchants import require_purchase
from loans.models import Contract, GateVerdict, Loan, Offer, ProductVersion
from loans.pricing import late_rules
from loans.pricing.early_charges import cost_cap_of_contract
from loans.pricing.index_rates import index_rate
from loans.pricing.quotes import Quote, require_lawful, schedule_as_json, terms_as_json
from loans.schedules.terms import BusinessDayRoll


def conclude(offer: Offer, quote: Quote, verdict: GateVerdict | None, on: date, signed_via: str) -> Loan:
    """Write the loan of ``offer``, its sealed contract and the order to pay it out; ``verdict`` let the acceptance pass.

    The law is tested once more: it may have changed since the offer was made. Raises AllInCostTooHigh,
    AdvanceDeductionRefused, LateMultiplierOutOfRange, LateCapNotCovered, and for a purchase MerchantMissing,
    MerchantNotActive, GoodsMissing.
    """
    require_purchase(offer.product_version, offer.merchant, offer.goods)
    require_lawful(quote)
    loan = _loan(offer, offer.product_version, quote, on)
    insert_tracked(loan)
    seal(offer=offer, loan=loan, quote=quote, verdict=verdict, on=on, signed_via=signed_via)
    queue(loan, on)
    return loan


def _loan(offer: Offer, version: ProductVersion, quote: Quote, on: date) -> Loan:
    terms = quote.terms
    late = late_rules.agree(version, principal=terms.principal, contract_rate=terms.annual_rate, on=on)
    return Loan(
        number=next_number("LN", on),
        borrower_id=offer.application.borrower_id,
        product_version=version,
        application=offer.application,
        principal=terms.principal,
        annual_rate=terms.annual_rate,
        flat_charge=terms.flat_charge,
        fee_total=terms.fee_total,
        fee_due=terms.fee_timing.value,
        method=terms.method.value,
        frequency=terms.frequency.value,
        every=terms.every,
        instalment_count=terms.count,
        day_count=terms.day_count.value,
        first_due_on=terms.first_due_on,
        grace_days=version.grace_days,
        allocation_order=version.allocation_order,
        price=offer.price if version.is_purchase else None,
        down_payment=offer.down_payment if version.is_purchase else None,
        merchant=offer.merchant,
        goods=offer.goods,
        payee_index=offer.payee_index,
        annualised_cost=quote.cost.simple,
        drawdowns=_drawdowns(quote),
        fixed_instalment=terms.fixed_instalment,
        early_charge_cost_cap=cost_cap_of_contract(version, on),
        officer=offer.made_by,
        **asdict(late),
        **version.settings_for_booking() | _rate_tied_to_index(offer, version),
    )


def _rate_tied_to_index(offer: Offer, version: ProductVersion) -> dict[str, Decimal]:
    """What the borrower agreed to pay above the index: the product's spread, and what the grade adds to it or takes off.
    Measured on the day the offer was made, whose rate is the agreed one."""
    if not version.rate_index:
        return {}
    index = index_rate(version.rate_index, offer.made_on, version.product.market)
    return {"rate_spread": offer.annual_rate - index}


def _drawdowns(quote: Quote) -> list[list[str]] | None:
    """The first drawdown as a loan keeps it; its day moves to the day the money goes out."""
    parts = quote.terms.drawdowns
    return [[part.on.isoformat(), str(part.amount)] for part in parts] if parts else None


def seal(
    *, offer: Offer, loan: Loan, quote: Quote, on: date, signed_via: str, verdict: GateVerdict | None = None
) -> Contract:
    """Write and seal the contract of ``loan``."""
    number = loan.number.replace("LN-", "CT-")
    document = canonical(document_of(number=number, offer=offer, loan=loan, quote=quote, on=on))
    return Contract.objects.create(
        number=number,
        offer=offer,
        document=document,
        sha256=fingerprint(document),
        verdict=verdict,
        signed_on=on,
        signed_via=signed_via,
    )


def document_of(*, number: str, offer: Offer, loan: Loan, quote: Quote, on: date) -> dict[str, object]:
    """Everything agreed: parties, terms, indicative schedule, and the table of all costs."""
    borrower, version = offer.application.borrower, offer.product_version
    return {
        "contract": number,
        "loan": loan.number,
        "signed_on": on.isoformat(),
        "borrower": {
            "id": borrower.public_id,
            "name": borrower.masked_name,
            "identity_fingerprint": borrower.identity_index,
        },
        "product": {"code": version.product.code, "name": version.product.name, "version": version.version},
        "currency": loan.currency,
        "principal_in_words": in_capitals(offer.principal, loan.currency) or None,
        "price": str(offer.price),
        "down_payment": str(offer.down_payment),
        "purchase": _purchase(offer),
        "first_drawdown": None if offer.first_drawdown is None else str(offer.first_drawdown),
        "terms": terms_as_json(quote.terms),
        "floating_rate": _floating_rate(loan),
        "grace_days": loan.grace_days,
        "days_off": _days_off(loan),
        "line_open_months": loan.line_open_months,
        "charge_off_makes_all_due": loan.charge_off_makes_all_due,
        "allocation_order": list(loan.allocation_order),
        "schedule": schedule_as_json(quote.schedule),
        "all_in_cost": _cost_table(loan, quote, version.fee_payee),
    }


def _days_off(loan: Loan) -> dict[str, str] | None:
    """What becomes of a due date on a day off, and by which calendar; None where it stays."""
    if loan.business_day_roll == BusinessDayRoll.NONE:
        return None
    return {"due_date": loan.business_day_roll, "calendar": loan.business_calendar}


def _floating_rate(loan: Loan) -> dict[str, str] | None:
    """Which published rate the interest follows, by how much it lies above it, and when it is set anew."""
    if not loan.rate_index:
        return None
    return {"index": loan.rate_index, "spread": str(round_rate(loan.rate_spread)), "set_anew": loan.repricing}


def _purchase(offer: Offer) -> dict[str, object] | None:
    """What is bought from whom; the money goes to the merchant."""
    merchant = offer.merchant
    if merchant is None:
        return None
    return {
        "goods": offer.goods,
        "merchant": {
            "id": merchant.public_id,
            "name": merchant.name,
            "registration_number": merchant.registration_number,
        },
        "refund_gives_interest_back": offer.product_version.refund_gives_interest_back,
    }


def _cost_table(loan: Loan, quote: Quote, fee_payee: str) -> dict[str, object]:
    """The disclosure of all costs: normal performance, and what a breach would add. Nothing else may be charged."""
    return {
        "items": [
            {"item": "interest", "total": str(quote.schedule.total_interest), "payee": "lender"},
            _fees(quote, fee_payee or "lender"),
        ],
        "annualised_simple": str(round_rate(quote.cost.simple, 6)),
        "annualised_compound": str(round_rate(quote.cost.compound, 6)),
        "cap": None if quote.cap.rate is None else str(quote.cap.rate),
        "contingent": [_late_interest(loan), *_early_charge(loan)],
        "nothing_else_is_charged": True,
    }


def _fees(quote: Quote, payee: str) -> dict[str, str]:
    deducted = quote.terms.fee_deducted
    item = {"item": "fees", "total": str(quote.schedule.total_fee + deducted), "payee": payee}
    return item | {"deducted": str(deducted)} if deducted else item


def _late_interest(loan: Loan) -> dict[str, object]:
    """What being late costs: the rate and what it is made of, on what it is charged, and how far it goes."""
    return {
        "item": "late_interest",
        "annual_rate": str(round_rate(loan.late_annual_rate)),
        "multiplier": None if loan.late_rate_multiplier is None else str(loan.late_rate_multiplier),
        "multiplier_follows_rule": loan.late_rate_follows_rule,
        "highest_annual_rate": None if loan.late_rate_ceiling is None else str(round_rate(loan.late_rate_ceiling)),
        "contract_interest_goes_on": loan.late_interest_on_top,
        "charged_on": ["principal", "interest"] if loan.late_interest_compounds else ["principal"],
        "most_in_all": None if loan.late_interest_most is None else str(loan.late_interest_most),
    }


def _early_charge(loan: Loan) -> list[dict[str, object]]:
    """What settling early costs, where anything was agreed: parts of the principal repaid early, and how far they go."""
    if not loan.early_charge_rate:
        return []
    cap = loan.early_charge_cost_cap
    return [
        {
            "item": "early_repayment_charge",
            "rate": str(round_rate(loan.early_charge_rate)),
            "last_year_rate": str(round_rate(loan.early_charge_at_the_end)),
            "charged_on": ["principal repaid early"],
            "first_months": loan.early_charge_months or None,
            "most": ["interest saved"],
            "highest_annual_cost": None if cap is None else str(round_rate(cap)),
            "payee": "lender",
        }
    ]


def canonical(document: dict[str, object]) -> str:
    """One text for one document: keys sorted, no spaces, Chinese as it is written."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def fingerprint(document: str) -> str:
    """The SHA-256 of the document's UTF-8 bytes, in hex."""
    return hashlib.sha256(document.encode()).hexdigest()
