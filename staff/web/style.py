"""The living style page: every part once, with true markup, for people who build pages. Not there in production."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from core.currencies import house_currency
from core.forms import StrictForm

STATES = ("good", "attention", "bad", "info")
TOKENS = ["ground", "card", "ink", "muted", "line", "line-strong", "accent", *STATES, *(f"{s}-tint" for s in STATES)]


class SampleForm(StrictForm):
    amount = forms.DecimalField(
        label=_("Amount"), max_digits=12, decimal_places=2, help_text=_("In the currency of the loan.")
    )
    due_on = forms.DateField(label=_("Due on"))
    channel = forms.ChoiceField(label=_("Channel"), choices=[("sms", _("SMS")), ("email", _("E-mail"))])
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        choices=[("promise", _("Promised to pay")), ("dispute", _("Dispute")), ("none", _("No answer"))],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    agreed = forms.BooleanField(label=_("The borrower was told the total cost"))


@login_required
@require_GET
def style(request: HttpRequest) -> HttpResponse:
    if not (settings.DEBUG or settings.DEMO):
        raise Http404
    context = {
        "tokens": TOKENS,
        "form": SampleForm(initial={"amount": "450.72", "due_on": date(2026, 6, 19), "outcome": "promise"}),
        "refused": SampleForm({"amount": "-4", "channel": "sms", "outcome": "none"}),
        "currency": house_currency(),
        "amount": Decimal("7862.14"),
        "paid": Decimal("3310.01"),
        "overdue": Decimal("450.72"),
        "due": Decimal("936.67"),
        "total": Decimal("11240.04"),
        "on": date(2026, 6, 15),
        "facts": [(_("Accrued and aged"), "912"), (_("Cases opened / moved / closed"), "7 / 11 / 9")],
        "instalments": [
            (1, "2026-02-15", "841.67", "95.00", "936.67", _("Paid 2026-02-15"), "good"),
            (2, "2026-03-15", "848.33", "88.34", "936.67", _("Paid 6 days late"), "attention"),
            (3, "2026-04-15", "855.05", "81.62", "936.67", _("31 days late"), "bad"),
            (4, "2026-05-15", "861.81", "74.86", "936.67", _("Due today"), "info"),
        ],
    }
    return render(request, "staff/style.html", context)
