"""The list of messages, a borrower's phone, and the buttons that report what became of a message."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from borrowers.models import Borrower
from core import business_date
from core.errors import DomainError
from core.identifiers import number_given
from core.pages import page_of
from messaging import queries
from messaging.models import Message, Template
from messaging.receipts import OUTCOMES, record_receipt
from messaging.rendering import segments, variables
from messaging.web.forms import MessageFilter
from staff.models import User
from staff.permissions import person, require
from staff.visibility import Kind, seen, sees_everything

_COUNTED = timedelta(days=7)


@require_GET
@require("messaging.view_message")
def message_list(request: HttpRequest) -> HttpResponse:
    """Newest first, with what became of each and why."""
    form = MessageFilter(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    found = queries.message_list(
        text=chosen.get("q", ""),
        **{name: chosen.get(name, "") for name in ("status", "channel", "purpose")},
    )
    page = page_of(seen(found, request.user, Kind.BORROWER, path="borrower_id"), request)
    rows = [(message, queries.reason_label(message.why)) for message in page.items]
    read_again = queries.read_again(business_date.current() - _COUNTED)
    context = {"form": form, "page": page, "rows": rows, "filtered": any(chosen.values()), "read_again": read_again}
    return render(request, "messaging/message_list.html", context)


@require_GET
@require("messaging.view_message")
def inbox(request: HttpRequest) -> HttpResponse:
    """What a borrower's phone shows; without a name, the phone written to last."""
    phones = queries.recent_phones()
    known = seen(Borrower.objects.filter(pk__in=[one.pk for one in phones]), request.user, Kind.BORROWER)
    if not sees_everything(request.user):
        theirs = set(known.values_list("pk", flat=True))
        phones = [phone for phone in phones if phone.pk in theirs]
    number = request.GET.get("borrower", "").strip()
    borrower = _asked_for(number, person(request)) if number else next(iter(phones), None)
    context = {
        "phones": phones,
        "phone": queries.phone_of(borrower) if borrower else None,
        "signature": settings.MESSAGING_SIGNATURE,
        "may_report": request.user.has_perm("messaging.report_receipt"),
        "asked_for": number,
    }
    return render(request, "messaging/inbox.html", context)


def _asked_for(number: str, by: User) -> Borrower:
    people = seen(Borrower.objects.all(), by, Kind.BORROWER)
    return get_object_or_404(people, number=number_given(number, "CU") or number.upper())


@require_POST
@require("messaging.report_receipt")
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """Delivered, failed or wrong number: the same door a gateway's receipt comes through."""
    messages = seen(Message.objects.select_related("borrower"), request.user, Kind.BORROWER, path="borrower_id")
    message = get_object_or_404(messages, pk=pk)
    outcome = request.POST.get("outcome", "")
    if outcome not in OUTCOMES:
        raise Http404
    try:
        record_receipt(message_id=message.pk, outcome=outcome, at=business_date.now(), reported_by=person(request))
    except DomainError as refusal:
        notices.error(request, refusal.detail)
    else:
        notices.success(request, _("Reported: %(outcome)s.") % {"outcome": OUTCOMES[outcome].label})
    return redirect(f"{reverse('messaging:inbox')}?{urlencode({'borrower': message.borrower.number})}")


@require_GET
@require("messaging.view_message")
def wordings(request: HttpRequest) -> HttpResponse:
    """The approved wordings in use, with their gaps and what an SMS of them costs."""
    active = Template.objects.filter(active=True).order_by("code", "channel", "language")
    rows = [(one, variables(one.body), segments(one.body, settings.MESSAGING_SIGNATURE)) for one in active]
    return render(request, "messaging/wordings.html", {"rows": rows, "signature": settings.MESSAGING_SIGNATURE})
