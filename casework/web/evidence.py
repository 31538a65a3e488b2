"""One evidence: what is known of it, opening it for a reason, holding it, attaching it. Nothing in it is run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from audit import approvals
from audit.events import record
from audit.queries import addresses_of
from casework import clock, evidence_queries, holds, opening, retention
from casework.detaching import detach, may_detach
from casework.evidence import ADD, attach, bytes_of
from casework.evidence_queries import HOLD, OPEN, VIEW
from casework.examining.apart import page_picture
from casework.examining.content import ContentType
from casework.examining.drawing import picture_type
from casework.examining.refusals import EvidenceBusy, EvidenceUnreadable
from casework.models import Evidence, EvidenceHold
from casework.subjects import SubjectNotFound, find, sees, subject_of
from casework.web.evidence_forms import AttachForm, DetachForm, EvidenceFilter, HoldForm, OpeningForm
from core import business_date
from core.errors import DomainError
from core.pages import page_of
from staff.models import User
from staff.permissions import person, require
from staff.roles import roles_of

# A page of evidence is a picture and nothing else: whatever a browser takes it for, it runs and loads nothing.
_POLICY = "default-src 'none'; sandbox"
# More pages than these are downloaded, not leafed through.
MOST_PAGES_SHOWN = 60


@require_GET
@require(VIEW)
def evidence_list(request: HttpRequest) -> HttpResponse:
    """All that the person sees, newest first."""
    user = person(request)
    form = EvidenceFilter(request.GET, roles=roles_of(user))
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = evidence_queries.with_hold(evidence_queries.seen_by(user))
    if wanted.get("kind"):
        rows = rows.filter(kind=wanted["kind"])
    match wanted.get("state"):
        case "held":
            rows = rows.filter(held=True)  # type: ignore[misc]
        case "expired":
            rows = rows.filter(expires_on__lt=business_date.current(), replaced_by__isnull=True)
        case "wiped":
            rows = rows.filter(wiped_on__isnull=False)
    context = {"page": page_of(rows, request), "form": form, "on": business_date.current()}
    return render(request, "casework/evidence_list.html", context)


@require_GET
@require(VIEW)
def evidence_page(request: HttpRequest, public_id: str) -> HttpResponse:
    return _page(request, _evidence(request, public_id), {})


def _evidence(request: HttpRequest, public_id: str) -> Evidence:
    rows = evidence_queries.seen_by(person(request)).select_related(
        "received_by", "original_seen_by", "brought_by", "replaces", "replaced_by"
    )
    return get_object_or_404(rows, public_id=public_id)


def _page(
    request: HttpRequest,
    evidence: Evidence,
    refused: dict[str, Form],
    status: int = 200,
    shown: dict[str, object] | None = None,
) -> HttpResponse:
    user, on = person(request), business_date.current()
    hold, links = holds.standing(evidence), list(evidence.links.select_related("by", "detached_by").order_by("id"))
    addresses = addresses_of([evidence, *links])
    wrong = [link for link in links if link.detached_at is None and may_detach(link, user)]
    holds_it = user.has_perm(HOLD) and evidence.wiped_on is None
    context = {
        "evidence": evidence,
        "kind": evidence.declared,
        "subject": subject_of(evidence.object_type),
        "subject_url": _papers_of(user, evidence),
        "links": [(link, addresses.get((link.object_type, link.object_id), "")) for link in links],
        "hold": hold,
        "lift_kind": holds.LIFT,
        "lifting": approvals.pending(holds.LIFT, evidence) if hold else None,
        "earlier_holds": EvidenceHold.objects.filter(evidence=evidence, lifted_on__isnull=False).select_related(
            "set_by", "lifted_by", "lift_asked_by"
        ),
        "kept_until": None if evidence.wiped_on else retention.kept_until(evidence, on),
        "on": on,
        "opening": refused.get("opening", OpeningForm(prefix="open"))
        if user.has_perm(OPEN) and not evidence.wiped_on
        else None,
        "hold_form": refused.get("hold", HoldForm(prefix="hold")) if holds_it and not hold else None,
        "lift_form": refused.get("lift", HoldForm(prefix="lift")) if holds_it and hold else None,
        "attach_form": refused.get("attach", AttachForm(prefix="attach")) if user.has_perm(ADD) else None,
        "detach_form": refused.get("detach", DetachForm(links=wrong, prefix="detach")) if wrong else None,
        "versions": _versions_seen(user, evidence),
        "may_replace": user.has_perm(ADD) and not hasattr(evidence, "replaced_by"),
        "word": "",
        **(shown or {}),
    }
    return render(request, "casework/evidence.html", context, status=status)


def _versions_seen(user: User, evidence: Evidence) -> dict[str, Evidence]:
    """The ``older`` and the ``newer`` one, where the person sees it: a version may be of a kind for other roles alone."""
    found = {"older": evidence.replaces_id, "newer": getattr(getattr(evidence, "replaced_by", None), "pk", None)}
    seen = {row.pk: row for row in evidence_queries.seen_by(user).filter(pk__in=[key for key in found.values() if key])}
    return {name: seen[key] for name, key in found.items() if key in seen}


def _papers_of(user: User, evidence: Evidence) -> tuple[str, str] | None:
    """By which words the papers of its object are addressed, where the person sees it."""
    if not sees(user, evidence.object_type, evidence.object_id):
        return None
    subject = subject_of(evidence.object_type)
    found = subject.model._default_manager.get(pk=evidence.object_id)
    return subject.word, subject.name_of(found)


@never_cache
@require_POST
@require(OPEN)
def open_it(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show it, for the reason given; what is shown travels in the answer to this, and by addresses good for minutes."""
    evidence, form = _evidence(request, public_id), OpeningForm(request.POST, prefix="open")
    if not form.is_valid():
        return _page(request, evidence, {"opening": form}, 422)
    try:
        given = form.cleaned_data
        word = opening.open_evidence(evidence, why=given["reason"], note=given["other"], by=person(request))
        text = bytes_of(evidence).decode() if evidence.content_type == ContentType.TEXT else ""
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        return _page(request, evidence, {"opening": form}, refusal.status)
    pages = [] if text else range(1, min(evidence.pages, MOST_PAGES_SHOWN) + 1)
    shown: dict[str, object] = {"word": word, "text": text, "pages": pages, "minutes": opening.SECONDS // 60}
    return _page(request, evidence, {}, shown={**shown, "more_pages": evidence.pages > MOST_PAGES_SHOWN})


@never_cache
@require_GET
@require(OPEN)
def page_image(request: HttpRequest, public_id: str, page: int) -> HttpResponse:
    """A page of opened evidence as a picture drawn here."""
    evidence = _opened(request, public_id)
    if evidence.content_type == ContentType.TEXT:
        raise Http404
    try:
        drawn = page_picture(bytes_of(evidence), evidence.content_type, page)
    except IndexError:
        raise Http404 from None
    except (EvidenceBusy, EvidenceUnreadable) as refusal:
        return _bare(HttpResponse(refusal.detail, content_type="text/plain; charset=utf-8", status=refusal.status))
    return _bare(HttpResponse(drawn, content_type=picture_type(drawn)))


@never_cache
@require_GET
@require(OPEN)
def download(request: HttpRequest, public_id: str) -> HttpResponse:
    """What is kept, as a file to be saved; that it left is on record by itself."""
    evidence = _opened(request, public_id)
    data = bytes_of(evidence)
    record("exported", evidence, actor=person(request))
    response = _bare(HttpResponse(data, content_type=evidence.content_type))
    response["Content-Disposition"] = content_disposition_header(True, saved_as(evidence)) or "attachment"
    return response


def saved_as(evidence: Evidence) -> str:
    """Its name with the ending of what it is: a text called a sheet would run its formulas when it is opened."""
    name, ending = str(evidence.name), ContentType(evidence.content_type).ending
    plain = evidence.content_type != ContentType.TEXT or name.lower().endswith(f".{ending}")
    return name if plain else f"{name}.{ending}"


def _opened(request: HttpRequest, public_id: str) -> Evidence:
    evidence = _evidence(request, public_id)
    opening.require_open(evidence, request.GET.get("opened", ""), person(request))
    return evidence


def _bare(response: HttpResponse) -> HttpResponse:
    response["Content-Security-Policy"] = _POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


@require_POST
@require(HOLD)
def hold(request: HttpRequest, public_id: str) -> HttpResponse:
    user, on = person(request), business_date.current()
    return _act(
        request,
        public_id,
        "hold",
        HoldForm(request.POST, prefix="hold"),
        lambda evidence, data: holds.put_under_hold(evidence_id=evidence.pk, reason=data["reason"], by=user, on=on),
        _("Under legal hold."),
    )


@require_POST
@require(HOLD)
def lift(request: HttpRequest, public_id: str) -> HttpResponse:
    user, on = person(request), business_date.current()
    return _act(
        request,
        public_id,
        "lift",
        HoldForm(request.POST, prefix="lift"),
        lambda evidence, data: holds.ask_to_lift(evidence_id=evidence.pk, reason=data["reason"], by=user, on=on),
        _("A second person must agree."),
    )


@require_POST
@require(ADD)
def attach_to(request: HttpRequest, public_id: str) -> HttpResponse:
    user = person(request)

    def act(evidence: Evidence, data: dict[str, Any]) -> None:
        try:
            _subject, found = find(data["word"], data["name"].strip(), user)
        except ValueError:  # a word where a key is asked for
            raise SubjectNotFound(field="name") from None
        attach(evidence, found, by=user, now=clock.now())

    return _act(request, public_id, "attach", AttachForm(request.POST, prefix="attach"), act, _("Attached."))


@require_POST
@require(VIEW)
def detach_from(request: HttpRequest, public_id: str) -> HttpResponse:
    user = person(request)
    links = [link for link in _evidence(request, public_id).links.standing() if may_detach(link, user)]
    return _act(
        request,
        public_id,
        "detach",
        DetachForm(request.POST, links=links, prefix="detach"),
        lambda _evidence, data: detach(link_id=data["link"].pk, reason=data["reason"], by=user, now=clock.now()),
        _("Taken off."),
    )


def _act(
    request: HttpRequest,
    public_id: str,
    name: str,
    form: Form,
    act: Callable[[Evidence, dict[str, Any]], object],
    done: str,
) -> HttpResponse:
    """Do one thing with the evidence and come back to it; a refusal stands on its form."""
    evidence = _evidence(request, public_id)
    if not form.is_valid():
        return _page(request, evidence, {name: form}, 422)
    try:
        act(evidence, form.cleaned_data)
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        return _page(request, evidence, {name: form}, refusal.status)
    messages.success(request, done)
    return redirect(evidence)
