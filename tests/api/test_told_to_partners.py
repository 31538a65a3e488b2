"""What a partner is told of a refusal: what it can mend by name, and of all else one code, whatever the reason."""

from typing import Any

import pytest

from core import business_date
from loans.gate.gate import ASKED_OF, BindingAct
from loans.gate.telling import INSIDE, NOT_ELIGIBLE, TOLD
from loans.models import Application, Disbursement, Offer
from loans.origination.decisions import KEPT_FROM_PARTNERS, TOLD_TO_PARTNERS, DecisionReason
from loans.tasks import send_due_disbursements
from partners.introductions import introduce
from partners.scopes import SCOPES
from tests.loans.factories import ON, ApplicationFactory, ContractFactory, OfferFactory
from tests.loans.gate.doors import BREAKS, a_client
from tests.partners.factories import EVERYTHING_OWN, ApiClientFactory, Caller, CallerFactory
from tests.partners.test_problems import assert_problem
from tests.risk.factories import DoNotLendEntryFactory

AT_ACCEPTANCE = [code for code, acts in ASKED_OF.items() if BindingAct.ACCEPTANCE in acts]
KEPT_INSIDE = [code for code in AT_ACCEPTANCE if code in INSIDE]


def test_every_check_is_told_or_kept_inside() -> None:
    """A check that is added belongs to one of the two tables of ``loans/gate/telling.py``: decide which."""
    assert TOLD.keys() | INSIDE == ASKED_OF.keys()
    assert not TOLD.keys() & INSIDE
    assert {"do_not_lend", "arrears", "exposure", "limit", "score", "other_applications", "alive"} <= INSIDE


def test_every_reason_of_a_decision_is_told_or_kept_inside() -> None:
    assert set(DecisionReason.values) == TOLD_TO_PARTNERS | KEPT_FROM_PARTNERS
    assert not TOLD_TO_PARTNERS & KEPT_FROM_PARTNERS
    assert {"do_not_lend", "arrears", "suspected_fraud"} <= KEPT_FROM_PARTNERS


def a_program() -> Caller:
    caller: Caller = CallerFactory(scopes=[*EVERYTHING_OWN, "portfolio:read", "portfolio:write"])
    return caller


def accepted_over_api(offer: Offer) -> Any:
    return a_program().send(f"/offers/{offer.public_id}/accept")


def open_offer() -> Offer:
    business_date.move_to(ON)
    offer: Offer = OfferFactory()
    return offer


@pytest.mark.django_db
@pytest.mark.parametrize("code", KEPT_INSIDE)
def test_what_the_record_says_is_one_answer_without_figures(code: str) -> None:
    offer = open_offer()
    BREAKS[code](offer.application.borrower)

    problem = assert_problem(accepted_over_api(offer), 409, NOT_ELIGIBLE)

    assert problem.keys() == {"type", "title", "status", "code", "detail", "request_id"}
    assert problem["detail"] == "This borrower is not eligible for this now."


@pytest.mark.django_db
@pytest.mark.parametrize("code", [code for code in AT_ACCEPTANCE if code in TOLD])
def test_what_a_partner_can_mend_is_named(code: str) -> None:
    offer = open_offer()
    BREAKS[code](offer.application.borrower)

    problem = assert_problem(accepted_over_api(offer), 409, "gate_refused")

    assert problem["checks"] == [code]
    assert code != "consent" or "Query of the credit bureau" in problem["detail"]
    assert code != "age" or not any(sign.isdigit() for sign in problem["detail"])


@pytest.mark.django_db
def test_an_age_that_the_partner_did_not_tell_stays_inside() -> None:
    offer = open_offer()
    borrower = offer.application.borrower
    BREAKS["age"](borrower)
    type(borrower).objects.filter(pk=borrower.pk).update(identity_kind="passport", identity_confirmed_on=ON)

    problem = accepted_over_api(offer).json()

    assert "age" not in problem.get("checks", [])
    assert NOT_ELIGIBLE in (problem["code"], *problem.get("checks", []))


@pytest.mark.django_db
def test_what_can_be_mended_is_named_beside_what_is_not_told() -> None:
    offer = open_offer()
    for code in ("consent", "do_not_lend", "exposure"):
        BREAKS[code](offer.application.borrower)

    problem = assert_problem(accepted_over_api(offer), 409, "gate_refused")

    assert problem["checks"] == ["consent", NOT_ELIGIBLE]
    assert problem["detail"] == (
        "This is not possible now. Consents are missing: Query of the credit bureau; The borrower is not eligible for this "
        "now."
    )


@pytest.mark.django_db
def test_staff_read_all_of_it() -> None:
    offer = open_offer()
    DoNotLendEntryFactory(borrower=offer.application.borrower)

    address = f"/app/applications/{offer.application.number}/accept"
    page = a_client("officer").post(address, follow=True).content.decode()

    assert "The borrower is on the do-not-lend list" in page


@pytest.mark.django_db
@pytest.mark.parametrize("reason", sorted(KEPT_FROM_PARTNERS))
def test_a_decision_for_what_the_record_says_reads_alike_whatever_it_was(reason: str) -> None:
    business_date.move_to(ON)
    application = ApplicationFactory()
    Application.objects.filter(pk=application.pk).update(
        status="declined", outcome="decline", decision_reasons=[reason], grade="E", decided_on=ON
    )

    told = a_program().ask(f"/applications/{application.public_id}/decision").json()

    assert told["reasons"] == [{"code": NOT_ELIGIBLE, "detail": "This borrower is not eligible for this now."}]
    assert "grade" not in told and "E" not in told.values()


RATED = {"grade": "QX7", "decision_note": "seen before, score 531"}


@pytest.mark.django_db
@pytest.mark.parametrize("scopes", [EVERYTHING_OWN, sorted(SCOPES)])
def test_a_counter_offer_tells_its_terms_and_nothing_of_how_the_borrower_is_rated(scopes: list[str]) -> None:
    """No scope holds grade or score, so no key is told them, wherever the application or the offer is shown."""
    offer = open_offer()
    application = offer.application
    introduce(client=ApiClientFactory(), kind="application", object_id=application.pk)
    facts = {"status": "offered", "outcome": "counter_offer", "decision_source": "automatic", "decided_on": ON}
    reasons = ["amount_over_limit", "score_borderline"]
    Application.objects.filter(pk=application.pk).update(**facts, **RATED, decision_reasons=reasons)
    program = CallerFactory(scopes=scopes)

    told = program.ask(f"/applications/{application.public_id}/decision").json()

    assert told.keys() == {
        "object",
        "application",
        "final",
        "outcome",
        "reasons",
        "rights",
        "decided_on",
        "offer",
        "livemode",
    }
    assert (told["final"], told["outcome"], told["offer"]["status"]) == (True, "counter_offer", "open")
    assert told["offer"]["principal"] == {"amount": int(offer.principal * 100), "currency": "CNY"}
    assert [reason["code"] for reason in told["reasons"]] == [NOT_ELIGIBLE]
    assert [right["code"] for right in told["rights"]] == ["explanation", "review_by_person"]
    for address in (f"/applications/{application.public_id}", f"/offers/{offer.public_id}", "/applications"):
        shown = program.ask(address).content.decode()
        assert not any(word in shown for word in (*RATED.values(), "score", "grade", "over_limit")), address


@pytest.mark.django_db
def test_what_a_person_decided_needs_no_review_by_a_person() -> None:
    business_date.move_to(ON)
    application = ApplicationFactory()
    Application.objects.filter(pk=application.pk).update(
        status="declined", outcome="decline", decision_reasons=["purpose"], decided_on=ON, decision_source="staff"
    )

    assert a_program().ask(f"/applications/{application.public_id}/decision").json()["rights"] == []


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["do_not_lend", "limit"])
def test_an_order_that_the_gate_holds_back_says_no_more(code: str) -> None:
    business_date.move_to(ON)
    order = Disbursement.objects.get(loan__application__offers__contract=ContractFactory())
    BREAKS[code](order.loan.borrower)
    send_due_disbursements()

    loan = a_program().ask(f"/loans/{order.loan.public_id}").json()

    assert loan["disbursement"]["failure_code"] == NOT_ELIGIBLE
    order.refresh_from_db()
    assert order.failure_code in {"gate_refused", "gate_override_needed"}
