"""Every form of a page and of the admin refuses what Django would mend in silence."""

from decimal import Decimal

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.forms import AuthenticationForm
from django.test import RequestFactory

from core.forms import StrictForm, Strictly
from loans.web.forms import KeyedForm, MoneyField
from staff.models import User
from tests.core.test_strict import OTHER_WAYS_TO_WRITE_A_DAY

ROOMS = {
    "audit",
    "borrowers",
    "core",
    "debt_collections",
    "desk",
    "ledger",
    "loans",
    "messaging",
    "operations",
    "partners",
    "casework",
    "risk",
    "staff",
}


def forms_of_the_house():
    """Every class of a form that a module of the house defines; the admin and all pages are loaded with the addresses."""
    __import__("config.urls")
    waiting, found = [forms.BaseForm], set()
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.__module__.partition(".")[0] in ROOMS:
                found.add(kind)
    return sorted(found, key=lambda kind: (kind.__module__, kind.__qualname__))


def test_every_form_of_the_house_is_strict():
    loose = [kind for kind in forms_of_the_house() if not issubclass(kind, Strictly | AuthenticationForm)]

    assert len(forms_of_the_house()) > 40
    assert loose == []


@pytest.mark.django_db
def test_every_form_of_the_admin_is_strict():
    request = RequestFactory().get("/admin/")
    request.user = User(username="root", is_superuser=True, is_active=True)
    for model, page in admin.site._registry.items():
        if model.__module__.partition(".")[0] in ROOMS and page.has_change_permission(request):
            assert issubclass(page.get_form(request), Strictly), model
            for inline in page.get_inline_instances(request):
                assert not inline.has_add_permission(request, None) or issubclass(inline.form, Strictly), inline


class Asked(StrictForm):
    name = forms.CharField(required=False)
    note = forms.CharField(required=False, widget=forms.Textarea)
    on = forms.DateField(required=False)
    at = forms.DateTimeField(required=False)
    count = forms.IntegerField(required=False)
    amount = MoneyField(required=False, max_digits=14, decimal_places=2)
    secret = forms.CharField(required=False, widget=forms.PasswordInput)


@pytest.mark.parametrize("text", [text for text in OTHER_WAYS_TO_WRITE_A_DAY if text.strip() not in {"", "2026-11-30"}])
def test_a_day_written_otherwise_is_refused(text):
    assert list(Asked({"on": text}).errors) == ["on"]


@pytest.mark.parametrize("text", ["0001-01-01", "1899-12-31", "3000-01-01", "9999-12-31"])
def test_a_day_beyond_sense_is_refused(text):
    assert Asked({"on": text}).errors.as_data()["on"][0].code == "day_out_of_range"
    assert Asked({"at": f"{text} 10:00"}).errors.as_data()["at"][0].code == "day_out_of_range"


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("count", "１２", "not_whole"),
        ("count", "1_0", "not_whole"),
        ("count", "+5", "not_whole"),
        ("count", "5.0", "not_whole"),
        ("amount", "1e3", "not_a_number"),
        ("amount", "12,50", "not_a_number"),
        ("amount", "１２", "not_a_number"),
        ("amount", "+5", "not_a_number"),
        ("name", "Lin\u200b", "text_not_plain"),
        ("name", "Lin\u202e", "text_not_plain"),
        ("name", "Lin\nXiaoyu", "text_not_plain"),
        ("name", "Lin\n", "text_not_plain"),
        ("note", "one\u2066two", "text_not_plain"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_what_django_would_mend_is_refused_beside_its_field(field, text, code, language, settings):
    settings.LANGUAGE_CODE = language

    assert [error.code for error in Asked({field: text}).errors.as_data()[field]] == [code]


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("amount", "¥ 1,234.50", Decimal("1234.50")),
        ("amount", "-3", Decimal("-3")),
        ("count", "12", 12),
        ("note", "one\r\ntwo", "one\ntwo"),
        ("secret", "\u200bpass\u200b", "\u200bpass\u200b"),
        ("name", " Lin ", "Lin"),
    ],
)
def test_what_people_mean_is_read(field, text, value):
    form = Asked({field: text})

    assert form.is_valid(), form.errors
    assert str(form.cleaned_data[field]).replace("\r", "") == str(value)


class Paid(KeyedForm):
    amount = MoneyField(max_digits=14, decimal_places=2)
    settles = forms.BooleanField(required=False)


def test_a_form_that_moves_money_refuses_a_field_it_does_not_have():
    sent = {"key": "k", "amount": "5", "csrfmiddlewaretoken": "t"}

    assert Paid({**sent, "settles": "on"}).is_valid()
    refused = Paid({**sent, "setles": "on"}).errors.as_data()["__all__"][0]
    assert refused.code == "field_unknown"
    assert "setles" in str(refused)
