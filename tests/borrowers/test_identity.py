"""The resident identity number: what it tells, and that no mistyped digit slips through."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from borrowers.identity import (
    IdentityNumberInvalid,
    IdentityProblem,
    age,
    check_character,
    parse_resident_id,
    resident_id_in,
)

VECTORS = [
    ("11010519491231002X", date(1949, 12, 31), "female"),
    ("440524188001010014", date(1880, 1, 1), "male"),
    ("370101190102039973", date(1901, 2, 3), "male"),
    ("34052419800101001X", date(1980, 1, 1), "male"),
    ("513101198201130014", date(1982, 1, 13), "male"),
]
PARTS = st.tuples(
    st.from_regex(r"\A[1-9][0-9]{5}\Z"), st.dates(date(1850, 1, 1), date(2026, 6, 15)), st.integers(0, 999)
)


@pytest.mark.parametrize(("number", "birth_date", "sex"), VECTORS)
def test_a_valid_number_tells_birth_date_and_sex(number: str, birth_date: date, sex: str) -> None:
    parsed = parse_resident_id(number)

    assert (parsed.number, parsed.birth_date, parsed.sex) == (number, birth_date, sex)
    assert parsed.area_code == number[:6]


@given(PARTS)
def test_what_was_put_into_a_number_is_read_out_of_it(parts: tuple[str, date, int]) -> None:
    area, birth_date, sequence = parts
    first_17 = f"{area}{birth_date:%Y%m%d}{sequence:03d}"

    parsed = parse_resident_id(first_17 + check_character(first_17))

    assert (parsed.area_code, parsed.birth_date) == (area, birth_date)
    assert parsed.sex == ("male" if sequence % 2 else "female")


@given(PARTS, st.integers(0, 16), st.integers(1, 9))
def test_one_mistyped_digit_is_always_noticed(parts: tuple[str, date, int], place: int, by: int) -> None:
    area, birth_date, sequence = parts
    first_17 = f"{area}{birth_date:%Y%m%d}{sequence:03d}"
    number = first_17 + check_character(first_17)
    mistyped = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]

    with pytest.raises(IdentityNumberInvalid) as refusal:
        parse_resident_id(mistyped)

    assert refusal.value.problem is IdentityProblem.CHECK_DIGIT


@given(PARTS, st.integers(0, 15))
def test_two_neighbouring_digits_in_the_wrong_order_are_always_noticed(
    parts: tuple[str, date, int], place: int
) -> None:
    area, birth_date, sequence = parts
    first_17 = f"{area}{birth_date:%Y%m%d}{sequence:03d}"
    number = first_17 + check_character(first_17)
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]

    if swapped != number:
        with pytest.raises(IdentityNumberInvalid):
            parse_resident_id(swapped)


def library_takes(text: str) -> bool:
    """Of an area without a county it knows it says neither yes nor no, but raises KeyError."""
    try:
        return bool(ric.validate(text))
    except (ValidationError, KeyError):
        return False


def library_knows_place(number: str) -> bool:
    try:
        return bool(ric.get_birth_place(number))
    except (ValidationError, KeyError):
        return False


def house_takes(text: str) -> bool:
    try:
        return bool(parse_resident_id(text))
    except IdentityNumberInvalid:
        return False


KNOWN_AREAS = st.sampled_from(["110105", "440524", "370101", "340524", "513101"])


@given(
    st.one_of(KNOWN_AREAS, st.from_regex(r"\A[1-9][0-9]{5}\Z")),
    st.one_of(
        st.dates(date(1850, 1, 1), date(2099, 12, 31)).map("{:%Y%m%d}".format),
        st.from_regex(r"\A(19|20)[0-9]{6}\Z"),
    ),
    st.integers(0, 999),
    st.one_of(st.sampled_from(["right", "right small"]), st.sampled_from("0123456789Xx")),
)
def test_house_and_library_agree_on_every_number_of_an_area_the_library_knows(
    area: str, born: str, sequence: int, last: str
) -> None:
    first_17 = f"{area}{born}{sequence:03d}"
    right = check_character(first_17)
    number = first_17 + {"right": right, "right small": right.lower()}.get(last, last)

    assert library_takes(number) == (house_takes(number) and library_knows_place(number))


@pytest.mark.parametrize("area", ["810000", "820000", "830000", "911101"])
def test_residents_from_elsewhere_have_numbers_the_library_does_not_know(area: str) -> None:
    first_17 = f"{area}19900101001"
    number = first_17 + check_character(first_17)

    assert not library_takes(number)
    assert parse_resident_id(number).area_code == area


def test_a_number_of_the_first_generation_names_the_person_of_the_later_one() -> None:
    old = "110105491231002"

    assert parse_resident_id(old) == parse_resident_id("11010519491231002X")
    assert not library_takes(old)
    with pytest.raises(IdentityNumberInvalid) as refusal:
        parse_resident_id("110105491331002")
    assert refusal.value.problem is IdentityProblem.BIRTH_DATE


@given(st.text(max_size=40))
def test_no_text_breaks_the_search_for_a_number_in_disguise(text: str) -> None:
    found = resident_id_in(text)
    assert found is None or found == parse_resident_id(found.number)


def test_neither_knows_the_day_so_a_birth_in_the_future_is_read() -> None:
    first_17 = "11010520990101001"
    number = first_17 + check_character(first_17)

    assert parse_resident_id(number).birth_date == date(2099, 1, 1)
    assert library_takes(number)


def test_a_birth_before_there_were_people_to_number_is_refused_here_alone() -> None:
    first_17 = "11010518491231001"
    number = first_17 + check_character(first_17)

    with pytest.raises(IdentityNumberInvalid) as refusal:
        parse_resident_id(number)

    assert refusal.value.problem is IdentityProblem.BIRTH_DATE
    assert library_takes(number)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", IdentityProblem.LENGTH),
        ("1101051949123100", IdentityProblem.LENGTH),
        ("11010519491231002Y", IdentityProblem.CHARACTERS),
        ("X1010519491231002X", IdentityProblem.CHARACTERS),
        ("110105194912310021", IdentityProblem.CHECK_DIGIT),
        ("990100199902300018", IdentityProblem.BIRTH_DATE),
        ("990100180001010010", IdentityProblem.BIRTH_DATE),
    ],
)
def test_a_number_that_cannot_be_true_is_refused_with_the_reason(text: str, problem: IdentityProblem) -> None:
    if problem is IdentityProblem.BIRTH_DATE:
        text = text[:17] + check_character(text[:17])

    with pytest.raises(IdentityNumberInvalid) as refusal:
        parse_resident_id(text)

    assert refusal.value.problem is problem


def test_the_refusal_does_not_repeat_the_number() -> None:
    with pytest.raises(IdentityNumberInvalid) as refusal:
        parse_resident_id("110105194912310021")

    assert "1949" not in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    ["11010519491231002x", " 110105 19491231 002X ", "110105-19491231-002X", "１１０１０５１９４９１２３１００２Ｘ"],
)
def test_case_blanks_dashes_and_full_width_do_not_matter(text: str) -> None:
    assert parse_resident_id(text).number == "11010519491231002X"


@pytest.mark.parametrize(
    ("birth_date", "on", "years"),
    [
        (date(2008, 6, 15), date(2026, 6, 14), 17),
        (date(2008, 6, 15), date(2026, 6, 15), 18),
        (date(2004, 2, 29), date(2022, 2, 28), 17),
        (date(2004, 2, 29), date(2022, 3, 1), 18),
        (date(2004, 2, 29), date(2024, 2, 29), 20),
        (date(2026, 6, 15), date(2026, 6, 15), 0),
    ],
)
def test_age_is_counted_in_full_years(birth_date: date, on: date, years: int) -> None:
    assert age(birth_date, on) == years
