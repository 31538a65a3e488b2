"""Who took an application does not decide on it: neither by a desk, nor by a key they made, nor by a second account."""

from decimal import Decimal

import pytest

from loans.models import Application
from loans.origination import origination
from loans.origination.application_wish import ApplicationWish
from loans.preconditions.taker import TakerDecides, takers_of
from partners.models import ApiKey
from staff.models import AccountTie, User
from tests.api.town import applied, registered
from tests.loans.factories import ON, ApplicantFactory, ApplicationFactory, DecisionFactory, ProductVersionFactory
from tests.partners.factories import Caller, CallerFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db


def a_caller(maker: User) -> tuple[Caller, ApiKey]:
    return CallerFactory(client__name="Lilac Phones", created_by=maker), ApiKey.objects.get()


def decide(application: Application, by: User) -> Application:
    decision = DecisionFactory(application=application, source="staff", outcome="decline", reasons=("score_low",))
    return origination.decide(application_id=application.pk, decision=decision, on=ON, by=by)


@pytest.mark.parametrize("drafted", [False, True])
def test_who_made_the_key_does_not_decide_on_what_it_submitted(drafted: bool) -> None:
    maker = UserFactory(username="maker", roles=["underwriter"])
    caller, key = a_caller(maker)
    product = ProductVersionFactory().product
    made = applied(caller, product, borrower=registered(caller), submit=not drafted)
    if drafted:
        assert caller.send(f"/applications/{made['id']}/submit").status_code == 200

    application = Application.objects.get(number=made["number"])

    assert (application.submitted_via, application.submitted_by) == (key, key.client.acts_as)
    assert takers_of(application) == {key.client.acts_as_id}
    with pytest.raises(TakerDecides):
        decide(application, maker)
    assert decide(application, UserFactory(username="uwe")).status == "declined"


def test_whose_account_the_maker_of_the_key_asked_for_may_decide() -> None:
    """One administrator asks for every account and makes every key: the house goes on."""
    maker, uwe = UserFactory(username="maker"), UserFactory(username="uwe")
    AccountTie.objects.create(account=uwe, by=maker, agreed_by=UserFactory(username="compliance"), what="made")
    caller, _key = a_caller(maker)
    made = applied(caller, ProductVersionFactory().product)

    assert decide(Application.objects.get(number=made["number"]), uwe).status == "declined"


def test_a_draft_that_nobody_is_named_for_is_taken_by_who_submits_it() -> None:
    maker = UserFactory(username="maker")
    _caller, key = a_caller(maker)
    wish = ApplicationWish(
        borrower_id=ApplicantFactory().pk,
        product_id=ProductVersionFactory().product_id,
        amount=Decimal(2_000),
        term_count=6,
        purpose="electronics",
    )
    draft = origination.save_draft(wish, on=ON, channel="api")

    application = origination.submit_draft(
        application_id=draft.pk, on=ON, submitted_by=key.client.acts_as, submitted_via=key
    )

    application.refresh_from_db()
    assert (application.submitted_by, application.submitted_via) == (key.client.acts_as, key)


def test_who_has_a_second_account_is_one_person() -> None:
    taker, second = UserFactory(username="taker"), UserFactory(username="second-account")
    AccountTie.objects.create(account=second, by=taker, what="made")

    with pytest.raises(TakerDecides):
        decide(ApplicationFactory(submitted_by=taker), second)


def test_nobody_took_what_nobody_is_named_for() -> None:
    application = ApplicationFactory(submitted_by=None)

    assert takers_of(application) == frozenset()
    assert decide(application, UserFactory()).status == "declined"
