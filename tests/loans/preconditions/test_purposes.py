"""What a loan is for: known, missing or forbidden, by code, note and goods."""

import pytest
from django.db import connection
from django.db.utils import IntegrityError
from django.utils import translation

from core.kept import forget
from loans.models import Application, LoanPurpose
from loans.preconditions.purposes import (
    PurposeForbidden,
    PurposeMissing,
    PurposeState,
    PurposeUnknown,
    offered_purposes,
    purpose_of,
    require_allowed_purpose,
    require_known_code,
)

pytestmark = pytest.mark.django_db
FORBIDDEN = [
    "equity",
    "securities",
    "real_estate",
    "gambling",
    "other_loans",
    "lending_on",
    "business",
    "unlawful",
]


def asked(code: str | None = "electronics", note: str = "", goods: str = "") -> Application:
    return Application(purpose_id=code, purpose_note=note, goods=goods)


class TestState:
    @pytest.mark.parametrize("code", ["electronics", "daily", "renovation"])
    def test_known(self, code: str) -> None:
        found = purpose_of(asked(code, "new phone"))
        assert (found.state, found.purpose and found.purpose.code) == (PurposeState.KNOWN, code)

    @pytest.mark.parametrize("code", [None, ""])
    def test_missing(self, code: str | None) -> None:
        assert purpose_of(asked(code)).state is PurposeState.MISSING

    @pytest.mark.parametrize("code", FORBIDDEN)
    def test_forbidden_by_code(self, code: str) -> None:
        found = purpose_of(asked(code))
        assert (found.state, found.purpose and found.purpose.code) == (PurposeState.FORBIDDEN, code)

    @pytest.mark.parametrize(
        ("note", "code"),
        [
            ("炒股", "securities"),
            ("买 股 票", "securities"),
            ("基金定投", "securities"),
            ("期货保证金", "securities"),
            ("Stock trading", "securities"),
            ("c r y p t o", "securities"),
            ("买房首付", "real_estate"),
            ("down payment on a flat", "real_estate"),
            ("网上赌\u200b博", "gambling"),
            ("gambling", "gambling"),
            ("还网贷", "other_loans"),
            ("pay off my credit card", "other_loans"),
            ("借给朋友", "lending_on"),
            ("店里进货", "business"),
            ("公司股权", "equity"),
        ],
    )
    def test_forbidden_by_the_note_whatever_the_code(self, note: str, code: str) -> None:
        for said in (asked("daily", note), asked(None, note), asked("electronics", goods=note)):
            found = purpose_of(said)
            assert (found.state, found.purpose and found.purpose.code) == (PurposeState.FORBIDDEN, code)

    @pytest.mark.parametrize("note", ["换手机", "孩子的学费", "按时还款", "a laptop for exams", "wedding of my sister"])
    def test_an_honest_note_is_none(self, note: str) -> None:
        assert purpose_of(asked("daily", note)).state is PurposeState.KNOWN

    def test_asking_costs_no_statement_once_the_list_is_kept(self, django_assert_num_queries) -> None:
        forget()
        purpose_of(asked())

        with django_assert_num_queries(0):
            purpose_of(asked("gambling", "poker"))


class TestRequired:
    def test_an_unknown_code_is_refused_and_the_list_named(self) -> None:
        with translation.override("en"), pytest.raises(PurposeUnknown) as refusal:
            require_known_code("stonks")

        assert "stonks" in refusal.value.detail
        assert "/api/v1/loan_purposes" in refusal.value.detail

    def test_none_is_missing_and_a_forbidden_one_is_named(self) -> None:
        with pytest.raises(PurposeMissing):
            require_allowed_purpose(asked(None))
        with translation.override("en"), pytest.raises(PurposeForbidden) as refusal:
            require_allowed_purpose(asked("daily", "炒股"))
        assert "Securities" in refusal.value.detail

    def test_one_that_is_offered_no_longer_is_refused_and_not_listed(self) -> None:
        LoanPurpose.objects.filter(code="travel").update(active=False)
        forget()

        with pytest.raises(PurposeUnknown):
            require_allowed_purpose(asked("travel"))
        assert "travel" not in [purpose.code for purpose in offered_purposes()]


class TestList:
    def test_the_allowed_come_first_and_both_languages_name_them(self) -> None:
        offered = offered_purposes()

        assert [purpose.code for purpose in offered if purpose.forbidden] == FORBIDDEN
        assert [purpose.forbidden for purpose in offered] == sorted(purpose.forbidden for purpose in offered)
        with translation.override("zh-hans"):
            assert str(offered[-5]) == "赌博"
        with translation.override("en"):
            assert str(offered[-5]) == "Gambling"

    def test_each_forbidden_one_has_words_and_each_says_why(self) -> None:
        for purpose in LoanPurpose.objects.all():
            assert bool(purpose.words) is purpose.forbidden
            assert purpose.source.strip()

    def test_the_database_knows_no_purpose_beyond_the_list(self) -> None:
        with pytest.raises(IntegrityError), connection.cursor() as cursor:
            cursor.execute("INSERT INTO loans_loanpurpose (code, name, name_zh, forbidden, words, active, source) "
                           "VALUES ('phone', 'Phone', '手机', false, '[\"x\"]', true, 'x')")  # fmt: skip
