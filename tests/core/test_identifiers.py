"""Running numbers as people and banks write them, below and beyond the millionth."""

from datetime import date

import pytest
from django.db import connection

from core.identifiers import next_number, number_given, number_within


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("LN-2026-000418", "LN-2026-000418"),
        ("ln 2026 418", "LN-2026-000418"),
        ("ＬＮ２０２６０００４１８", "LN-2026-000418"),
        ("LN-2026-1234567", "LN-2026-1234567"),
        ("ln20261234567", "LN-2026-1234567"),
        ("RP_2026_12345678", "RP-2026-12345678"),
        ("CU-2026-0012345678", "CU-2026-12345678"),
        ("LN-2026-", ""),
        ("LN-2026-12345678901", ""),
        ("LN-2026-000418 x", ""),
        ("13812341234", ""),
        ("", ""),
    ],
)
def test_a_number_is_read_as_people_type_it(text: str, number: str) -> None:
    assert number_given(text) == number


def test_only_numbers_of_the_kinds_asked_for_are_read() -> None:
    assert number_given("AP-2026-1234567", "LN", "CU") == ""
    assert number_given("AP-2026-1234567", "LN", "AP") == "AP-2026-1234567"


@pytest.mark.parametrize(
    ("remark", "number"),
    [
        ("repay LN-2026-000418 thanks", "LN-2026-000418"),
        ("还款LN2026000418", "LN-2026-000418"),
        ("还款ＬＮ－２０２６－１２３４５６７", "LN-2026-1234567"),
        ("LN-2026-1234567", "LN-2026-1234567"),
        ("LN 2026 12345678 / May", "LN-2026-12345678"),
        ("LN-2026-000418, LN-2026-000419", "LN-2026-000418"),
        # A millionth loan is not the one whose number its first six digits are, nor a number run into a date one at all.
        ("LN-2026-00041820260501", ""),
        ("LN-2026-0004187", ""),
        ("LN-2026-418", ""),
        ("AP-2026-000418", ""),
    ],
)
def test_a_number_within_a_remark_counts_with_all_its_digits(remark: str, number: str) -> None:
    assert number_within(remark, "LN") == number


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("value", "number"), [(999_999, "ZZ-2026-999999"), (1_000_000, "ZZ-2026-1000000"), (12_345_678, "ZZ-2026-12345678")]
)
def test_what_is_given_out_can_be_read(value: int, number: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SEQUENCE core_number_zz START {value}")
    given = next_number("ZZ", date(2026, 5, 1))

    assert given == number
    assert number_given(given) == number_within(f"for {given}", "ZZ") == number
