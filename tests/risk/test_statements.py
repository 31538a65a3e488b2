"""How much is asked of the database from the submission of an application to the decision of the rules."""

import os

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import business_date
from loans.origination import origination
from loans.origination.application_wish import ApplicationWish
from risk import underwriting
from tests.borrowers.factories import ON
from tests.loans.factories import ApplicantFactory, ApplicationFactory


@pytest.mark.django_db
def test_x():
    business_date.move_to(ON)
    first = ApplicationFactory()
    underwriting.decide_automatically(application_id=first.pk, on=ON)
    borrower = ApplicantFactory()
    wish = ApplicationWish(
        borrower_id=borrower.pk,
        product_id=first.product_id,
        amount=first.amount,
        term_count=first.term_count,
        purpose="electronics",
    )
    with CaptureQueriesContext(
        connection,
    ) as took:
        application = origination.submit_application(wish, on=ON, channel="web")
        n1 = len(took)
        application = underwriting.decide_automatically(application_id=application.pk, on=ON)
    assert application.status == "offered"
    with open("/tmp/g4x/q.txt", "w") as f:
        f.write(f"{n1} {len(took)}\n")
        for i, q in enumerate(took.captured_queries):
            f.write(f"{i} {q['sql'][: int(os.environ.get('QL', '230'))]}\n")
