"""Consents: which text, when, through what; withdrawn as easily as given."""

from datetime import timedelta
from hashlib import sha256

import pytest

from borrowers.consents import (
    ConsentAlreadyWithdrawn,
    ConsentPurposeUnknown,
    ConsentTextMissing,
    ConsentUnknown,
    ConsentWithdrawnBefore,
    missing,
    was_withdrawn,
)
from borrowers.models import Consent, ConsentPurpose, ConsentText
from borrowers.onboarding import give_consent, withdraw_consent
from staff.roles import roles_of
from tests.borrowers.factories import AT, BorrowerFactory, ConsentFactory, LinFactory, WangFactory, consent_again

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("purpose", ConsentPurpose.values)
def test_each_purpose_has_a_wording_in_both_languages(purpose: str) -> None:
    assert set(ConsentText.objects.filter(purpose=purpose).values_list("language", flat=True)) == {"en", "zh-hans"}


def test_the_hash_proves_the_text_in_the_borrowers_language() -> None:
    consent = give_consent(borrower_id=LinFactory().pk, purpose="credit_query", channel="web", at=AT)

    shown = ConsentText.objects.get(purpose="credit_query", language="zh-hans")
    assert consent.text_hash == sha256(shown.text.encode()).hexdigest()
    assert consent.is_in_force


def test_a_partner_may_bring_its_own_text() -> None:
    consent = give_consent(
        borrower_id=WangFactory().pk,
        purpose="third_party",
        channel="api",
        at=AT,
        text="I agree.",
        text_version="lilac-3",
    )

    assert (consent.text_version, consent.text_hash) == ("lilac-3", sha256(b"I agree.").hexdigest())


def test_the_same_tick_twice_is_one_consent() -> None:
    borrower = LinFactory()

    first = give_consent(borrower_id=borrower.pk, purpose="credit_query", channel="web", at=AT)
    again = give_consent(borrower_id=borrower.pk, purpose="credit_query", channel="api", at=AT + timedelta(hours=1))

    assert again == first
    assert again.given_at == AT


def test_a_withdrawal_ends_it_and_keeps_the_record() -> None:
    consent = give_consent(borrower_id=LinFactory().pk, purpose="electronic_messages", channel="web", at=AT)

    withdraw_consent(consent_id=consent.pk, at=AT + timedelta(days=1), reason="asked by phone")

    consent.refresh_from_db()
    assert consent.withdrawn_at == AT + timedelta(days=1)
    assert consent.history.first().history_change_reason == "asked by phone"


def test_consent_given_again_after_withdrawal_is_a_new_one_of_two_people() -> None:
    borrower = LinFactory()
    first = give_consent(borrower_id=borrower.pk, purpose="credit_query", channel="web", at=AT)
    withdraw_consent(consent_id=first.pk, at=AT + timedelta(days=1))
    with pytest.raises(ConsentWithdrawnBefore):
        give_consent(borrower_id=borrower.pk, purpose="credit_query", channel="web", at=AT + timedelta(days=2))

    again = consent_again(borrower, "credit_query")

    assert [consent.is_in_force for consent in Consent.objects.order_by("id")] == [False, True]
    assert (roles_of(again.agreed_by), again.given_at) == (["checker"], AT)


@pytest.mark.parametrize(("purpose", "standing"), [("credit_query", 0), ("third_party", 1)])
def test_a_withdrawal_ends_the_purpose_in_whatever_words(purpose: str, standing: int) -> None:
    """Passing data on is agreed to with each partner by itself."""
    lin = LinFactory()
    first = give_consent(borrower_id=lin.pk, purpose=purpose, channel="web", at=AT)
    give_consent(borrower_id=lin.pk, purpose=purpose, channel="api", at=AT, text="I agree.", text_version="p1")

    withdraw_consent(consent_id=first.pk, at=AT + timedelta(days=1))

    assert lin.consents.filter(withdrawn_at=None).count() == standing


def test_a_consent_is_withdrawn_once() -> None:
    consent = give_consent(borrower_id=LinFactory().pk, purpose="credit_query", channel="web", at=AT)
    withdraw_consent(consent_id=consent.pk, at=AT)

    with pytest.raises(ConsentAlreadyWithdrawn):
        withdraw_consent(consent_id=consent.pk, at=AT)


def test_unknown_consents_and_purposes_are_refused_by_name() -> None:
    with pytest.raises(ConsentUnknown):
        withdraw_consent(consent_id=0, at=AT)
    with pytest.raises(ConsentPurposeUnknown):
        give_consent(borrower_id=LinFactory().pk, purpose="marketing", channel="web", at=AT)


def test_without_a_wording_in_force_nothing_can_be_agreed_to() -> None:
    ConsentText.objects.filter(purpose="credit_query").update(effective_from="2030-01-01")

    with pytest.raises(ConsentTextMissing):
        give_consent(borrower_id=LinFactory().pk, purpose="credit_query", channel="web", at=AT)


class TestMissing:
    NEEDED = ("personal_data", "credit_query", "automated_decision")

    def test_what_was_never_given_or_was_withdrawn_is_missing_in_the_order_asked(
        self, django_assert_num_queries
    ) -> None:
        lin = BorrowerFactory()
        assert missing(lin.pk, self.NEEDED) == self.NEEDED
        ConsentFactory(borrower=lin, purpose="credit_query")
        ended = ConsentFactory(borrower=lin, purpose="personal_data")
        withdraw_consent(consent_id=ended.pk, at=AT)

        with django_assert_num_queries(1):
            assert missing(lin.pk, self.NEEDED) == ("personal_data", "automated_decision")

    def test_another_borrowers_consent_counts_for_nobody_else(self) -> None:
        ConsentFactory(purpose="credit_query")
        assert missing(BorrowerFactory().pk, ["credit_query"]) == ("credit_query",)

    def test_given_anew_it_stands_again(self) -> None:
        lin = BorrowerFactory()
        withdraw_consent(consent_id=ConsentFactory(borrower=lin).pk, at=AT)
        assert was_withdrawn(lin.pk, "credit_query")
        assert not was_withdrawn(lin.pk, "third_party")

        consent_again(lin, "credit_query")

        assert missing(lin.pk, ["credit_query"]) == ()
        assert not was_withdrawn(lin.pk, "credit_query")
