"""The parts of a page: what they say and that what people typed is never markup."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone, translation

from core.choices import Shown, Tone
from core.templatetags import ui
from loans.models import LoanStatus


def draw(markup: str, **context: Any) -> str:
    return Template("{% load ui %}" + markup).render(Context(context))


class TestValues:
    @pytest.mark.parametrize(
        ("value", "written"),
        [
            (Decimal("1234.5"), "¥ 1,234.50"),
            (Decimal("0.005"), "¥ 0.01"),
            (Decimal("-450.72"), "¥ -450.72"),
            (0, "¥ 0.00"),
            ("7862.14", "¥ 7,862.14"),
            (None, "—"),
        ],
    )
    def test_money_has_its_sign_two_decimals_and_thousands(self, value: Any, written: str) -> None:
        assert ui.money(value, "CNY") == written

    def test_a_count_stays_whole_and_an_amount_gets_two_decimals(self) -> None:
        assert ui.number(8854) == "8,854"
        assert ui.number(Decimal("8854")) == "8,854.00"

    def test_a_rate_is_written_in_per_cent(self) -> None:
        assert ui.percent(Decimal("0.144")) == "14.40 %"

    def test_a_moment_is_shown_in_the_time_of_the_office(self) -> None:
        evening = datetime(2026, 6, 15, 18, 30, tzinfo=UTC)

        assert ui.moment(evening) == "2026-06-16 02:30"
        assert ui.day(evening) == "2026-06-16"
        assert ui.day(date(2026, 6, 15)) == "2026-06-15"

    @pytest.mark.parametrize(
        ("ago", "written"),
        [(timedelta(minutes=20), "20 min"), (timedelta(hours=3), "3 h"), (timedelta(days=2, hours=1), "2 d")],
    )
    def test_waiting_is_told_in_the_unit_that_matters(self, ago: timedelta, written: str) -> None:
        assert ui.age(timezone.now() - ago) == written


class TestStates:
    @pytest.mark.parametrize(
        ("days", "bucket", "tone"), [(0, "C", "good"), (9, "M1", "attention"), (31, "M2", "bad"), (200, "M7", "bad")]
    )
    def test_days_past_due_take_the_tint_of_their_bucket(self, days: int, bucket: str, tone: str) -> None:
        assert f"state-{tone}" in ui.dpd(days, bucket)

    def test_days_past_due_always_name_their_bucket(self) -> None:
        assert "31 days past due · M2" in ui.dpd(31, "M2")
        assert "1 day past due · M1" in ui.dpd(1, "M1")

    def test_an_unknown_tone_is_neutral_and_cannot_smuggle_a_class(self) -> None:
        assert 'class="state state-neutral"' in ui.badge("odd", 'good" onclick="x')

    @pytest.mark.parametrize("tone", [Tone.GOOD, Tone.ATTENTION, Tone.BAD, Tone.INFO])
    def test_a_tone_is_told_by_an_icon_of_its_own_and_not_by_colour_alone(self, tone: Tone) -> None:
        others = {other.icon for other in Tone if other is not tone}

        assert f"#{tone.icon}" in ui.badge("word", tone)
        assert tone.icon not in others

    def test_a_choice_is_drawn_with_its_own_words_and_tone(self) -> None:
        drawn = draw("{% status_badge shown %}", shown=LoanStatus.WRITTEN_OFF)

        assert "state-bad" in drawn
        assert "written off" in drawn

    def test_a_badge_may_say_more_than_the_words_of_its_choice(self) -> None:
        assert "state-bad" in draw("{% status_badge shown 'failed at noon' %}", shown=Shown("failed", Tone.BAD))
        assert "failed at noon" in draw("{% status_badge shown 'failed at noon' %}", shown=Shown("failed", Tone.BAD))

    def test_nothing_to_show_draws_nothing(self) -> None:
        assert draw("{% status_badge shown %}", shown=None) == ""

    def test_text_of_people_is_escaped_everywhere(self) -> None:
        nasty = '<script>alert("x")</script>'
        markup = (
            "{% badge x %}{% change x x %}{% copy x %}{% masked x %}{% why x %}{% stat x x x %}{% figure x x %}"
            "{% facts rows %}{% event x x x x %}{% meter x 10 5 'good' %}{% tab x x %}{% empty x x x x %}"
        )

        assert "<script" not in draw(markup, x=nasty, rows=[(nasty, nasty)])

    def test_a_copied_amount_has_no_separators(self) -> None:
        assert 'data-copy="12345.60"' in ui.copy(Decimal("12345.60"))

    def test_an_empty_past_is_not_struck_through(self) -> None:
        assert "<del>" not in ui.change("", "12,000")
        assert "<del>8,000</del>" in ui.change("8,000", "12,000")


class TestMeter:
    def test_its_parts_follow_each_other_and_never_leave_the_bar(self) -> None:
        drawn = ui.meter("Paid", Decimal(100), Decimal(60), "good", Decimal(70), "bad")

        assert 'x="0.000" y="0" width="60.000"' in drawn
        assert 'x="60.000" y="0" width="40.000"' in drawn

    def test_a_whole_of_nothing_draws_no_part(self) -> None:
        assert "<rect" not in ui.meter("Paid", Decimal(0), Decimal(5), "good")

    def test_progress_says_its_numbers_aloud(self) -> None:
        assert 'aria-label="Loans 120 / 400"' in ui.progress(120, 400, "Loans")


class PaymentForm(forms.Form):
    amount = forms.DecimalField(help_text="In yuan.", max_digits=9, decimal_places=2)
    received_on = forms.DateField(required=False)
    month = forms.DateField(required=False, widget=forms.DateInput(format="%Y-%m", attrs={"type": "month"}))
    channel = forms.ChoiceField(choices=[("bank", "Bank"), ("cash", "Cash")], widget=forms.RadioSelect)


class TestField:
    def test_a_refused_field_names_its_error_to_readers(self) -> None:
        drawn = draw("{% field form.amount %}", form=PaymentForm({"amount": "much"}))

        assert 'aria-invalid="true"' in drawn
        assert 'aria-describedby="id_amount-error id_amount-hint"' in drawn
        assert 'id="id_amount-error" role="alert"' in drawn

    def test_an_untouched_field_is_not_called_wrong(self) -> None:
        assert "is-invalid" not in draw("{% field form.amount %}", form=PaymentForm())

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_a_date_reaches_the_browsers_picker_in_iso_whatever_the_language(self, language: str) -> None:
        with translation.override(language):
            drawn = draw("{% field form.received_on %}", form=PaymentForm(initial={"received_on": date(2026, 6, 15)}))

        assert 'type="date"' in drawn
        assert 'value="2026-06-15"' in drawn

    def test_a_picker_of_months_stays_one(self) -> None:
        drawn = draw("{% field form.month %}", form=PaymentForm(initial={"month": date(2026, 6, 15)}))

        assert 'type="month"' in drawn
        assert 'value="2026-06"' in drawn

    def test_a_choice_of_few_becomes_chips_under_one_legend(self) -> None:
        drawn = draw("{% field form.channel %}", form=PaymentForm())

        assert drawn.count('class="choice"') == 2
        assert "<legend" in drawn


class Everybody:
    is_authenticated = True

    def __init__(self, *permissions: str) -> None:
        self.permissions = permissions

    def has_perm(self, permission: str) -> bool:
        return permission in self.permissions


class TestNavLink:
    def link(self, path: str, here: str, *permissions: str, **options: Any) -> str:
        request = RequestFactory().get(here)
        request.user = Everybody(*permissions)  # type: ignore[assignment]
        markup = "{% nav_link path 'Loans' count permission exact=exact %}"
        known = {"count": "", "permission": "", "exact": False, **options}
        return Template("{% load ui %}" + markup).render(Context({"request": request, "path": path, **known}))

    def test_the_place_one_is_in_is_marked_also_on_its_inner_pages(self) -> None:
        assert 'aria-current="page"' in self.link("/app/loans/", "/app/loans/LN-1")
        assert "aria-current" not in self.link("/app/", "/app/loans/", exact=True)

    def test_a_place_without_permission_is_not_shown(self) -> None:
        assert self.link("/app/loans/", "/app/", permission="loans.view_loan").strip() == ""
        assert "Loans" in self.link("/app/loans/", "/app/", "loans.view_loan", permission="loans.view_loan")

    def test_a_count_of_nothing_is_left_out(self) -> None:
        assert "side-count" not in self.link("/app/loans/", "/app/", count=0)
        assert "41" in self.link("/app/loans/", "/app/", count=41)
