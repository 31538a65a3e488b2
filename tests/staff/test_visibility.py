"""Whose cases, applications and people a role sees: lists, pages, search and the admin tell of nobody else's."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import reverse

from audit.models import AuditEvent
from borrowers.models import Borrower
from core import business_date
from debt_collections import cases
from debt_collections.lifecycle import CaseOfAnother
from debt_collections.models import Case, HoldReason, Promise
from debt_collections.promises import cancel, take
from loans.models import Application, ApplicationStatus, Loan
from staff.models import User
from staff.roles import LABELS
from staff.visibility import REACHES, Kind, Reach, seen
from tests.api.conftest import TODAY
from tests.borrowers.factories import LIN_ID, WANG_ID, BorrowerFactory, LinFactory
from tests.debt_collections.factories import CaseFactory
from tests.loans.factories import ApplicantFactory, ApplicationFactory, LoanFactory, RepaymentFactory

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
NARROW = {"officer": Reach.TAKEN, "underwriter": Reach.REFERRED, "collector": Reach.ASSIGNED}


@pytest.fixture(autouse=True)
def _today(db: None) -> None:
    business_date.move_to(TODAY)


def test_every_role_declares_how_far_it_sees_and_three_do_not_see_everything() -> None:
    assert set(REACHES) == set(LABELS)
    assert {role: reach for role, reach in REACHES.items() if reach is not Reach.EVERYTHING} == NARROW


def shown(client: Client, name: str, *args: object, **query: str) -> str:
    return client.get(reverse(name, args=args), query).content.decode()


def of_officer(other: User) -> tuple[Borrower, Application]:
    """A person and an application that another officer took in."""
    borrower = ApplicantFactory(registered_by=other)
    return borrower, ApplicationFactory(borrower=borrower, submitted_by=other)


def given_to(collector: User | None) -> Case:
    case = CaseFactory()
    Case.objects.filter(pk=case.pk).update(assigned_to=collector)
    return Case.objects.get(pk=case.pk)


class TestOfficer:
    def test_sees_what_it_took_and_what_nobody_did(self, client: Client, signed_in: SignIn, staff_member: Any) -> None:
        me, other = staff_member("officer"), staff_member("officer", username="other")
        (mine, my_application), (theirs, their_application) = of_officer(me), of_officer(other)
        nobodys = BorrowerFactory()
        signed_in(client, "officer")

        people, listed = shown(client, "borrowers:borrower_list"), shown(client, "loans:applications")

        assert mine.number in people and nobodys.number in people and theirs.number not in people
        assert my_application.number in listed and their_application.number not in listed
        for name, number in (("desk:borrower", theirs.number), ("risk:application", their_application.number)):
            assert client.get(reverse(name, args=[number])).status_code == 404
        assert client.get(reverse("risk:application", args=[my_application.number])).status_code == 200

    def test_nobodys_address_and_anothers_answer_alike(
        self, client: Client, signed_in: SignIn, staff_member: Any
    ) -> None:
        theirs, _application = of_officer(staff_member("officer", username="other"))
        signed_in(client, "officer")

        for name in ("desk:borrower", "borrowers:add_contact", "borrowers:do_not_contact"):
            anothers = client.get(reverse(name, args=[theirs.number]))
            missing = client.get(reverse(name, args=["CU-2026-999999"]))
            assert (anothers.status_code, missing.status_code) == (404, 404)
        reveal = reverse("borrowers:reveal", args=[theirs.number, "phone"])
        assert client.post(reveal, {"reason": "call"}).status_code == 404
        lower = reverse("desk:borrower", args=[theirs.number.lower().replace("-", "")])
        assert client.get(lower).status_code == 404

    def test_search_finds_its_own_only(self, client: Client, signed_in: SignIn, staff_member: Any) -> None:
        other = staff_member("officer", username="other")
        theirs, application = of_officer(other)
        loan = LoanFactory(borrower=theirs, active=True, disbursed_on=TODAY)
        receipt = RepaymentFactory(loan=loan, received_on=TODAY)
        signed_in(client, "officer")

        for text in (theirs.number, theirs.phone, theirs.name, application.number, loan.number, receipt.number):
            answer = client.get(reverse("desk:search"), {"q": text})
            assert answer.status_code == 200 and theirs.masked_name not in answer.content.decode()

    def test_whoever_comes_to_the_counter_with_papers_is_served(
        self, client: Client, signed_in: SignIn, staff_member: Any
    ) -> None:
        lin = LinFactory(registered_by=staff_member("officer", username="other"))
        signed_in(client, "officer")
        page = reverse("risk:application_new")

        assert lin.number not in client.get(page, {"q": lin.phone}).content.decode()
        assert lin.masked_name not in client.get(page, {"borrower": lin.number}).content.decode()
        assert lin.number not in client.get(page, {"q": LIN_ID}).content.decode()
        papers = reverse("risk:application_papers")
        for number, name in ((LIN_ID, "王丽"), (WANG_ID, lin.name)):
            refused = client.post(papers, {"identity_number": number, "name": name})
            assert refused.status_code == 422 and lin.number not in refused.content.decode()
        assert lin.masked_name not in client.get(page, {"borrower": lin.number}).content.decode()

        served = client.post(papers, {"identity_number": LIN_ID, "name": lin.name})

        assert served.status_code == 302 and lin.number in served["Location"]
        assert lin.masked_name in client.get(served["Location"]).content.decode()
        assert AuditEvent.objects.get(action="papers_shown").object_label == lin.number


class TestUnderwriter:
    def test_sees_what_waits_and_what_was_in_hand(self, client: Client, signed_in: SignIn, staff_member: Any) -> None:
        me, other = staff_member("underwriter"), staff_member("underwriter", username="other")
        waiting, mine, theirs = (ApplicationFactory() for _ in range(3))
        decided = {"status": ApplicationStatus.DECLINED}
        Application.objects.filter(pk=waiting.pk).update(status=ApplicationStatus.REFERRED)
        Application.objects.filter(pk=mine.pk).update(decided_by=me, **decided)
        Application.objects.filter(pk=theirs.pk).update(decided_by=other, **decided)
        signed_in(client, "underwriter")

        listed, people = shown(client, "loans:applications"), shown(client, "borrowers:borrower_list")

        assert waiting.number in listed and mine.number in listed and theirs.number not in listed
        assert mine.borrower.number in people and theirs.borrower.number not in people
        assert client.get(reverse("risk:application", args=[theirs.number])).status_code == 404
        assert client.get(reverse("desk:borrower", args=[theirs.borrower.number])).status_code == 404


class TestCollector:
    @pytest.fixture
    def three(self, staff_member: Any) -> tuple[Case, Case, Case]:
        """A case of mine, one of another's, one of nobody's."""
        me, other = staff_member("collector"), staff_member("collector", username="other")
        return given_to(me), given_to(other), given_to(None)

    def test_sees_its_own_cases_and_nobodys(self, client: Client, signed_in: SignIn, three: tuple[Case, ...]) -> None:
        mine, theirs, nobodys = three
        signed_in(client, "collector")

        queue = shown(client, "collections:workbench", whose="all")

        for case, so in ((mine, True), (nobodys, True), (theirs, False)):
            assert (case.public_id in queue) is so
            status = 200 if so else 404
            assert client.get(reverse("collections:case", args=[case.public_id])).status_code == status
            assert client.get(reverse("collections:workbench"), {"case": case.public_id}).status_code == status
            assert client.get(reverse("desk:borrower", args=[case.borrower.number])).status_code == status
            for loan in case.borrower.loans.all():
                assert client.get(reverse("desk:loan", args=[loan.number])).status_code == status
                assert (loan.number in shown(client, "loans:loan_list")) is so

    def test_the_acts_of_anothers_case_are_not_there(
        self, client: Client, signed_in: SignIn, three: tuple[Case, ...]
    ) -> None:
        _mine, theirs, _nobodys = three
        signed_in(client, "collector")

        for verb in ("snooze", "hold", "release", "escalate", "classify", "extend", "write-off"):
            assert client.get(reverse("collections:act", args=[theirs.public_id, verb])).status_code == 404
        for name in ("collections:log", "collections:dial"):
            assert client.post(reverse(name, args=[theirs.public_id])).status_code == 404

    def test_nor_are_the_acts_of_anothers_loan(
        self, client: Client, signed_in: SignIn, three: tuple[Case, ...]
    ) -> None:
        signed_in(client, "collector")

        for case, there in zip(three, (True, False, True), strict=True):
            number = Loan.objects.get(borrower=case.borrower).number
            for name, code in (("loan_extend", []), ("loan_waive", []), ("loan_act", ["charged_off"])):
                answer = client.get(reverse(f"loans:{name}", args=[number, *code]))
                assert answer.status_code == (200 if there else 404)
            preview = client.get(reverse("loans:loan_act_preview", args=[number, "charged_off"]))
            assert preview.status_code == (200 if there else 404)
            assert (client.post(reverse("loans:loan_pay", args=[number])).status_code == 404) is not there

    def test_the_lead_sees_all(self, client: Client, signed_in: SignIn, three: tuple[Case, ...]) -> None:
        signed_in(client, "team_lead")

        queue = shown(client, "collections:workbench", whose="all")

        assert all(case.public_id in queue for case in three)


def test_a_case_is_put_to_rest_by_whose_it_is_or_the_lead(staff_member: Any) -> None:
    owner, other = staff_member("collector"), staff_member("collector", username="other")
    lead = staff_member("team_lead")
    case = given_to(owner)
    on = business_date.current()
    rest: dict[str, Any] = {"case_id": case.pk, "reason": HoldReason.ILLNESS, "until": on, "on": on}
    vow: dict[str, Any] = {"case_id": case.pk, "amount": 1, "due_on": on, "on": on}

    for refused in (
        lambda: cases.hold(**rest, by=other),
        lambda: cases.release(case_id=case.pk, on=on, by=other),
        lambda: cases.escalate(case_id=case.pk, note="x", on=on, by=other),
        lambda: cases.classify(case_id=case.pk, reason="forgot", on=on, by=other),
        lambda: take(**vow, by=other),
    ):
        with pytest.raises(CaseOfAnother):
            refused()
    promise = take(**vow, by=owner)
    with pytest.raises(CaseOfAnother):
        cancel(promise_id=promise.pk, reason="x", on=on, by=other)
    assert Promise.objects.get().status == "pending"
    cases.hold(**rest, by=lead)
    assert Case.objects.get().status == "hold"


def test_who_has_two_roles_sees_what_either_gives_and_who_has_none_sees_nobody(staff_member: Any) -> None:
    both = staff_member("officer", "collector")
    other = staff_member("collector", username="other")
    theirs, _application = of_officer(staff_member("officer", username="third"))
    mine = given_to(both).borrower
    elsewhere = given_to(other).borrower
    Borrower.objects.filter(pk__in=[mine.pk, elsewhere.pk]).update(registered_by=other)

    people = set(seen(Borrower.objects.all(), both, Kind.BORROWER).values_list("pk", flat=True))

    assert mine.pk in people and not people & {theirs.pk, elsewhere.pk}
    assert not seen(Borrower.objects.all(), staff_member(username="nobody"), Kind.BORROWER).exists()


def test_the_admin_tells_of_nobody_elses(staff_member: Any) -> None:
    officer = staff_member("officer", is_staff=True)
    theirs, application = of_officer(staff_member("officer", username="other"))
    loan = LoanFactory(borrower=theirs, active=True, disbursed_on=TODAY)
    request = RequestFactory().get("/admin/")
    request.user = officer

    for row in (theirs, application, loan):
        found = admin.site.get_model_admin(type(row)).get_queryset(request)
        assert not found.filter(pk=row.pk).exists()
