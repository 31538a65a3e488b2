"""The two things a tape says about a loan, done through the functions every door uses: it was lent, it was repaid.

Each call is part of a transaction that also moves the state of the row, so an event happens exactly once.
"""

from datetime import date

from borrowers.models import Borrower
from borrowers.onboarding import register_borrower
from core import rows
from loans.disbursement import disbursing
from loans.models import FROM_IMPORT, DecisionSource, DisbursementStatus, Outcome, Product, RepaymentChannel
from loans.origination import origination
from loans.origination.application_wish import ApplicationWish
from loans.origination.decisions import Decision, DecisionReason
from loans.servicing import repayments
from loans.servicing.guarding import Excess
from operations.models import ImportRow
from operations.tape.products import product_of
from operations.tape.profiles import Profile


def lend(row: ImportRow, profile: Profile) -> None:
    """From borrower to paid-out loan on the day of approval, on the terms of the tape."""
    on = row.approved_on
    borrower = _borrower(row, profile)
    wish = ApplicationWish(
        borrower_id=borrower.pk,
        product_id=_product(row, profile).pk,
        amount=row.principal,
        term_count=profile.parts(row.term_days),
    )
    key = f"{profile.code}:{row.loan_key}"
    application = origination.submit_application(wish, on=on, channel=FROM_IMPORT, idempotency_key=key)
    application = origination.approve(application_id=application.pk, decision=_decision(row, profile), on=on)
    offer_id = application.offers.values_list("pk", flat=True).get()
    loan = origination.accept_offer(offer_id=offer_id, on=on, accepted_via="import")
    disbursement_id = loan.disbursements.values_list("pk", flat=True).get()
    disbursing.confirm(disbursement_id=disbursement_id, outcome=DisbursementStatus.PAID, on=on)
    row.loan_id, row.state = loan.pk, ImportRow.State.DISBURSED
    rows.update(row, "loan", "state")


def take_repayment(row: ImportRow, profile: Profile) -> None:
    """The whole amount due comes in on the day the tape says the loan was closed."""
    assert row.closed_on is not None
    assert row.loan_id is not None
    repayments.record_repayment(
        loan_id=row.loan_id,
        amount=row.total_due,
        received_on=row.closed_on,
        channel=RepaymentChannel.IMPORT,
        idempotency_key=f"{profile.code}:{row.loan_key}",
        recorded_by=None,
        payer_reference=row.loan_key,
        excess=Excess.PAID_AHEAD,  # taken so by the lender of the tape
        allow_repeat=True,
    )
    row.state = ImportRow.State.REPAID
    rows.update(row, "state")


def _borrower(row: ImportRow, profile: Profile) -> Borrower:
    known = rows.first(Borrower, "WHERE source = %s AND external_id = %s", [profile.code, row.borrower_key])
    return known or _register(row.borrower_key, profile, row.approved_on)


def _register(borrower_key: str, profile: Profile, on: date) -> Borrower:
    """The tape gives neither name nor document nor phone: the lender's own number stands for all three."""
    return register_borrower(
        name=borrower_key,
        identity_kind="other",
        identity_number=f"{profile.code}:{borrower_key}",
        phone="",
        on=on,
        language="en",
        market=profile.market,
        external_id=borrower_key,
        source=profile.code,
    )


def _product(row: ImportRow, profile: Profile) -> Product:
    return product_of(profile, row.term_days)


def _decision(row: ImportRow, profile: Profile) -> Decision:
    """The lender of the tape decided long ago; its terms are taken as they are."""
    return Decision(
        outcome=Outcome.APPROVE,
        reasons=(DecisionReason.IMPORTED.value,),
        principal=row.principal,
        term_count=profile.parts(row.term_days),
        source=DecisionSource.IMPORTED.value,
        flat_charge=row.total_due - row.principal,
        first_due_on=row.first_due_on,
    )
