"""The same request many times at once: one effect, one answer. Real threads, real connections."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from borrowers.models import Borrower, PartnerFile
from core import business_date
from ledger.queries import difference
from loans.models import Repayment
from tests.api.conftest import TODAY
from tests.api.town import lent, lin, registered, yuan
from tests.loans.factories import ProductVersionFactory
from tests.partners.factories import Caller, CallerFactory

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 20


@pytest.fixture
def lilac() -> Caller:
    business_date.move_to(TODAY)
    return CallerFactory(client__name="Lilac Phones")


def all_at_once(calls):
    """Run the calls in as many threads, let go together; what each returned."""
    start = Barrier(len(calls), timeout=30)

    def run(call):
        try:
            start.wait()
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def paying(lilac, body, key):
    return Caller(lilac.token).send("/repayments", body, key=key)


def test_twenty_repeats_at_once_record_one_repayment_and_get_one_answer(lilac):
    loan = lent(lilac, ProductVersionFactory().product)
    body = {"loan": loan["id"], "amount": yuan(100)}

    answers = all_at_once([lambda: paying(lilac, body, "pay-1")] * AT_ONCE)

    # Who came while the first one was running is asked to come again, and does.
    waiting = [answer for answer in answers if answer.status_code == 409]
    assert {answer.json()["code"] for answer in waiting} <= {"request_still_running"}
    assert {answer["Retry-After"] for answer in waiting} <= {"1"}
    answers = [answer for answer in answers if answer.status_code != 409]
    answers += [paying(lilac, body, "pay-1") for _ in waiting]
    assert len(answers) == AT_ONCE
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer for answer in answers) == 1
    assert Repayment.objects.count() == 1
    assert difference() == 0


def test_twenty_different_repayments_of_one_loan_at_once_are_all_recorded(lilac):
    loan = lent(lilac, ProductVersionFactory().product)
    body = {"loan": loan["id"], "amount": yuan(10), "allow_repeat": True}

    answers = all_at_once([lambda n=n: paying(lilac, body, f"pay-{n}") for n in range(AT_ONCE)])

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == Repayment.objects.count() == AT_ONCE
    assert difference() == 0


def test_of_twenty_repayments_that_look_the_same_at_once_one_is_recorded_and_the_others_are_asked_about(lilac):
    loan = lent(lilac, ProductVersionFactory().product)
    body = {"loan": loan["id"], "amount": yuan(10)}

    answers = all_at_once([lambda n=n: paying(lilac, body, f"pay-{n}") for n in range(AT_ONCE)])

    assert sorted(answer.status_code for answer in answers) == [201, *[409] * (AT_ONCE - 1)]
    recorded = Repayment.objects.get().public_id
    asked = [answer.json() for answer in answers if answer.status_code == 409]
    assert {(said["code"], said["existing"]) for said in asked} == {("payment_looks_repeated", recorded)}
    assert difference() == 0


def test_two_people_with_one_identity_number_at_once_become_one_borrower(lilac):
    answers = all_at_once([lambda n=n: Caller(lilac.token).send("/borrowers", lin(), key=f"n-{n}") for n in range(5)])

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"borrower_already_registered"}


def test_two_partners_with_one_person_at_once_become_one_borrower_with_a_file_each(lilac):
    callers = [lilac, *(CallerFactory(client__name=f"Partner {n}") for n in range(4))]

    answers = all_at_once([lambda one=one: Caller(one.token).send("/borrowers", lin()) for one in callers])

    assert {answer.status_code for answer in answers} == {201}
    assert (Borrower.objects.count(), PartnerFile.objects.filter(opened=True).count()) == (1, 1)
    assert len({answer.json()["id"] for answer in answers}) == PartnerFile.objects.count() == 5


def test_of_changes_to_one_state_at_once_only_the_first_is_done(lilac):
    path = f"/borrowers/{registered(lilac)}"
    seen = lilac.ask(path)["ETag"]

    def change():
        return Caller(lilac.token).send(path, {"language": "en"}, method="patch", **{"if-match": seen})

    answers = all_at_once([change] * 8)

    assert sorted(answer.status_code for answer in answers) == [200, *[412] * 7]
