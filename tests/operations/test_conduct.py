"""The people of the demo cannot exist, and they behave the same each time a day is lived."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

from borrowers.identity import parse_resident_id
from borrowers.phones import is_phone
from operations.demo.conduct import Conduct, Due, conduct_of, payment_on
from operations.demo.people import AREA, People, Person

ON = date(2026, 1, 15)
DUE = date(2026, 6, 15)


def people(count: int) -> list[Person]:
    everybody = People(1, ON)
    return [everybody.person(number) for number in range(1, count + 1)]


def numbers_of(conduct: Conduct) -> list[str]:
    return [number for number in (f"LN-2026-{n:06d}" for n in range(400)) if conduct_of(number) is conduct]


def paid(number: str, instalment: int = 1) -> list[tuple[int, Decimal]]:
    """When and how much of 100 is paid, in days from the due date."""
    due = Due(number, instalment, DUE, Decimal(100))
    days = [(offset, payment_on(DUE + timedelta(days=offset), due)) for offset in range(-10, 70)]
    return [(offset, payment.amount) for offset, payment in days if payment]


def test_identity_numbers_are_valid_but_of_no_region() -> None:
    for person in people(200):
        identity = parse_resident_id(person.identity_number)
        assert identity.area_code.startswith(AREA)
        assert identity.birth_date < ON - timedelta(days=365 * 20)
        assert is_phone(person.phone)


def test_no_two_people_share_name_number_or_phone() -> None:
    everybody = people(1000)

    for field in ("name", "identity_number", "phone"):
        assert len({getattr(person, field) for person in everybody}) == 1000


def test_the_same_seed_gives_the_same_people() -> None:
    assert people(20) == people(20)
    assert people(1) != [People(2, ON).person(1)]


def test_every_kind_of_payer_is_there() -> None:
    kinds = Counter(conduct_of(f"LN-2026-{n:06d}") for n in range(400))

    assert set(kinds) == set(Conduct)
    assert kinds[Conduct.PUNCTUAL] > kinds[Conduct.STOPS] > 5


def test_a_punctual_payer_pays_on_the_day() -> None:
    assert paid(numbers_of(Conduct.PUNCTUAL)[0]) == [(0, Decimal("100.00"))]


def test_who_pays_in_parts_pays_half_and_then_the_rest() -> None:
    assert [offset for offset, _amount in paid(numbers_of(Conduct.IN_PARTS)[0])] == [0, 9]


def test_who_rounds_up_pays_the_next_hundred() -> None:
    assert paid(numbers_of(Conduct.ROUNDS_UP)[0]) == [(0, Decimal(200))]


def test_who_stops_never_pays_again() -> None:
    assert all(paid(number, instalment=4) == [] for number in numbers_of(Conduct.STOPS))


def test_who_settles_early_pays_everything_with_the_third_instalment() -> None:
    payment = payment_on(DUE, Due(numbers_of(Conduct.SETTLES_EARLY)[0], 3, DUE, Decimal(100)))

    assert payment is not None
    assert payment.settles
