"""In whose hands a program is: one law for everything that takes somebody else than who asked, took, told or recorded."""

from collections.abc import Callable, Iterator

import pytest

from audit import approvals
from audit.deciding import AccountsNotIndependent, OwnKeyAsked
from borrowers.means import RecorderVerifies, verify_income
from core.errors import DomainError
from loans.origination import origination
from loans.preconditions.taker import TakerDecides
from risk.means import means_of
from staff.models import User
from tests.audit.factories import ApprovalFactory
from tests.borrowers.factories import IncomeFactory
from tests.loans.factories import ON, ApplicantFactory, ApplicationFactory, DecisionFactory
from tests.partners.factories import ApiClientFactory, ApiKeyFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db

KIND = "test.hands"


@pytest.fixture(autouse=True)
def _a_kind_of_request() -> Iterator[None]:
    approvals.register(KIND, lambda _approval, _on: None, permission="risk.approve_limit", label="Test", asked_with="")
    yield
    del approvals._kinds[KIND]


# --- whose act it was: somebody's own, or a program's -----------------------------------------------------------------
def a_program(maker: User, *, account_by: User | None = None) -> User:
    """The user of a program whose key ``maker`` made; ``account_by`` made its account, as whoever makes the client does."""
    account = ApiClientFactory().acts_as
    ApiKeyFactory(created_by=maker)
    if account_by is not None:
        account.ties.create(by=account_by, what="made")
    return account


def made(account: User, by: User, agreed_by: User | None = None) -> User:
    account.ties.create(by=by, agreed_by=agreed_by, what="made")
    return account


Case = Callable[[User], User]


def made_the_key(asks: User) -> User:
    return a_program(asks)


def made_the_client(asks: User) -> User:
    return a_program(UserFactory(), account_by=asks)


def was_made_by_the_keys_maker_alone(asks: User) -> User:
    maker = UserFactory()
    made(asks, maker)
    return a_program(maker)


def made_the_keys_maker_alone(asks: User) -> User:
    return a_program(made(UserFactory(), asks))


def was_made_by_who_alone_made_the_keys_maker(asks: User) -> User:
    third = UserFactory()
    made(asks, third)
    return a_program(made(UserFactory(), third))


def is_that_person(asks: User) -> User:
    return asks


def was_made_by_that_person(asks: User) -> User:
    other = UserFactory()
    made(asks, other)
    return other


def was_made_by_the_same_pair(asks: User) -> User:
    asked, agreed = UserFactory(), UserFactory()
    made(asks, asked, agreed)
    return made(UserFactory(), asked, agreed)


def a_stranger_to_the_person(_asks: User) -> User:
    return UserFactory()


def a_stranger_to_the_program(_asks: User) -> User:
    maker = UserFactory()
    return a_program(maker, account_by=maker)


def was_asked_for_by_the_keys_maker(asks: User) -> User:
    """One administrator asks for every account, and makes every client and key: the house goes on."""
    maker = UserFactory()
    made(asks, maker, UserFactory())
    return a_program(maker, account_by=maker)


def was_made_by_the_pair_that_made_the_keys_maker(asks: User) -> User:
    asked, agreed = UserFactory(), UserFactory()
    made(asks, asked, agreed)
    maker = made(UserFactory(), asked, agreed)
    return a_program(maker, account_by=maker)


ONE_HAND: list[Case] = [
    made_the_key,
    made_the_client,
    was_made_by_the_keys_maker_alone,
    made_the_keys_maker_alone,
    was_made_by_who_alone_made_the_keys_maker,
    is_that_person,
    was_made_by_that_person,
    was_made_by_the_same_pair,
]
TWO_HANDS: list[Case] = [
    a_stranger_to_the_person,
    a_stranger_to_the_program,
    was_asked_for_by_the_keys_maker,
    was_made_by_the_pair_that_made_the_keys_maker,
]


# --- what takes another hand, each by its own way in ------------------------------------------------------------------
def decides_on_what_it_took(by: User, other: User) -> None:
    application = ApplicationFactory(submitted_by=other)
    decision = DecisionFactory(application=application, source="staff", outcome="decline", reasons=("score_low",))
    origination.decide(application_id=application.pk, decision=decision, on=ON, by=by)


def verifies_what_it_recorded(by: User, other: User) -> None:
    income = IncomeFactory(borrower=ApplicantFactory(earning=False), told_by="declared", recorded_by=other)
    verify_income(income_id=income.pk, evidence="Pay slip", on=ON, by=by)


def proves_an_income_of_what_it_took(by: User, other: User) -> None:
    application = ApplicationFactory(borrower=ApplicantFactory(earning=False), submitted_by=other)
    borrower = application.borrower_id
    IncomeFactory(borrower=application.borrower, told_by="declared", recorded_by=UserFactory(), verified_by=by)
    if not means_of([borrower], "CN", ON, application=application, by_rules=True)[borrower].counts:
        raise TakerDecides


def agrees_to_what_it_asked_for(by: User, other: User) -> None:
    approval = ApprovalFactory(kind=KIND, requested_by=other)
    approvals.approve(approval_id=approval.pk, decided_by=by, on=ON)


REFUSALS: dict[Callable[[User, User], None], tuple[type[DomainError], ...]] = {
    decides_on_what_it_took: (TakerDecides,),
    verifies_what_it_recorded: (RecorderVerifies,),
    proves_an_income_of_what_it_took: (TakerDecides,),
    agrees_to_what_it_asked_for: (OwnKeyAsked, AccountsNotIndependent, approvals.SecondPersonNeeded),
}


@pytest.mark.parametrize("case", ONE_HAND)
@pytest.mark.parametrize("act", REFUSALS)
def test_one_hand_is_refused(act: Callable[[User, User], None], case: Case) -> None:
    by = UserFactory(username="by", roles=["checker"])
    other = case(by)

    with pytest.raises(REFUSALS[act]):
        act(by, other)


@pytest.mark.parametrize("case", TWO_HANDS)
@pytest.mark.parametrize("act", REFUSALS)
def test_two_hands_go_on(act: Callable[[User, User], None], case: Case) -> None:
    by = UserFactory(username="by", roles=["checker"])

    act(by, case(by))


def test_a_program_of_the_same_administrator_is_another_program() -> None:
    """Else one partner's program could prove nothing that another's told of."""
    maker = UserFactory()
    one = a_program(maker, account_by=maker)
    other = ApiKeyFactory(client=ApiClientFactory(name="Harbour Pay"), created_by=maker).client.acts_as
    income = IncomeFactory(borrower=ApplicantFactory(earning=False), told_by="declared", recorded_by=one)

    assert verify_income(income_id=income.pk, evidence="Payroll", on=ON, by=other).verified
