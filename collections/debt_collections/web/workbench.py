"""The workbench: queue, case and money side by side; a contact is logged and the next case comes."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from core import business_date
from core.errors import DomainError
from core.pages import COUNTED_AT_MOST, count_capped, head_of, page_of
from core.rules import rule
from core.together import Reading, read_together
from debt_collections import cases, queries
from debt_collections.case_file import CaseFile, case_file
from debt_collections.models import Case
from debt_collections.strategy import PromiseRule
from debt_collections.web.forms import BulkAssignForm, ContactForm, QueueForm
from staff.models import User
from staff.permissions import person, require
from staff.visibility import require_seen

ROWS = 25
# Keys of acts that live in a menu; they are printed there.
VERB_KEYS = (("snooze", "s"), ("hold", "h"), ("escalate", "e"))
_FILTERS = ("whose", "stage", "status", "least", "order")


@dataclass
class Bench:
    """What the three panes are drawn from."""

    file: CaseFile | None = None
    form: ContactForm | None = None
    number: str = ""
    status: int = 200
    extra: dict[str, object] = field(default_factory=dict)


@require_GET
@require("collections.view_case")
def workbench(request: HttpRequest) -> HttpResponse:
    return _draw(request, Bench())


@require_POST
@require("collections.work_case")
def take_next(request: HttpRequest) -> HttpResponse:
    """The free case of the chosen stage that comes after the one I pass over, locked to me."""
    query = _query_of(request)
    case = cases.claim_next(
        collector=person(request),
        now=business_date.now(),
        on=business_date.current(),
        stage=query.get("stage", ""),
        passing=queries.case_by_public_id(request.POST.get("leaving", "")),
    )
    return _to_case(request, case, query)


@require_POST
@require("collections.work_case")
def log(request: HttpRequest, public_id: str) -> HttpResponse:
    """Save and next. A refusal comes back beside the field, with everything typed still there."""
    case, now, on = case_or_404(public_id), business_date.now(), business_date.current()
    file = case_file(case, person=person(request), now=now, on=on)
    form = contact_form(file, request, data=request.POST)
    if form.is_valid():
        data = form.cleaned_data
        query = _query_of(request)
        try:
            _attempt, following = cases.log_and_take_next(
                collector=person(request),
                now=now,
                on=on,
                stage=query.get("stage", ""),
                case_id=case.pk,
                outcome=data["outcome"],
                channel=data["channel"],
                contact_point_id=data["contact_point"],
                note=data["note"],
                promise=form.promise(),
                override_reason=data["override_reason"],
                form_key=data["form_key"],
            )
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        else:
            messages.success(request, _("Saved for %(name)s.") % {"name": case.borrower.masked_name})
            return _to_case(request, following, query)
    _stand_at(request, case)
    return _draw(request, Bench(file=file, form=form, status=422))


@require_POST
@require("collections.work_case")
def dial(request: HttpRequest, public_id: str) -> HttpResponse:
    """The number to call, if the guard lets it pass at this moment."""
    case = case_or_404(public_id)
    point = request.POST.get("contact_point", "")
    try:
        number = cases.dial(
            case_id=case.pk,
            contact_point_id=int(point) if point.isdigit() else 0,
            now=business_date.now(),
            on=business_date.current(),
            by=person(request),
        )
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return _to_case(request, case, _query_of(request))
    file = case_file(case, person=person(request), now=business_date.now(), on=business_date.current())
    _stand_at(request, case)
    return _draw(request, Bench(file=file, number=number))


@require_POST
@require("collections.assign_case")
def assign(request: HttpRequest) -> HttpResponse:
    """Team lead: give the ticked cases, or all the filter matches, to one collector."""
    form, query = BulkAssignForm(request.POST), _query_of(request)
    if not form.is_valid():
        messages.error(request, _("Choose a collector and at least one case."))
        return _to_case(request, None, query)
    data = form.cleaned_data
    chosen = _matching(request, query) if data["everything"] else data["case"]
    try:
        count = cases.assign(
            case_ids=chosen, assigned_to=data["assigned_to"], on=business_date.current(), by=person(request)
        )
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(
            request, ngettext("%(n)d case changed hands.", "%(n)d cases changed hands.", count) % {"n": count}
        )
    return _to_case(request, None, query)


# --- drawing --------------------------------------------------------------------------------------------------------
def case_or_404(public_id: str) -> Case:
    case = queries.case_by_public_id(public_id)
    if case is None:
        raise Http404
    return case


def contact_form(file: CaseFile, request: HttpRequest, data: QueryDict | None = None) -> ContactForm:
    """The form of the centre pane, ready for the likeliest outcome."""
    on = business_date.current()
    terms = PromiseRule.from_data(rule("collections_promise", on))
    first = ContactForm.first_values(file.owed.overdue, file.phone, terms=terms, on=on)
    return ContactForm(data, initial=first, points=file.points, terms=terms, on=on)


def _draw(request: HttpRequest, bench: Bench) -> HttpResponse:
    stages, collectors = read_together(queries.stages(), _collectors(request))
    filters = QueueForm(request.GET, stages=stages)
    chosen = filters.chosen()
    rows = queries.queue(chosen, person=person(request))
    parts = queries.parts_of_queue(chosen, person=person(request))
    page = page_of(rows, request, order=queries.ORDERS[chosen.order], size=ROWS, parts=parts)
    file = bench.file or _file_of(request, page.items)
    can_work = request.user.has_perm("collections.work_case")
    context = {
        "filters": filters,
        "page": page,
        "count": count_capped(rows, parts=parts),
        "worked": queries.worked_today(person(request), now=business_date.now()) if can_work else 0,
        "file": file,
        "form": bench.form or (contact_form(file, request) if file and file.case.is_open and can_work else None),
        "number": bench.number,
        "query": urlencode({name: request.GET[name] for name in _FILTERS if request.GET.get(name)}),
        "chose": "case" in request.GET or bench.file is not None,
        "collectors": collectors,
        "today": business_date.current(),
        "verb_keys": VERB_KEYS if can_work else (),
    }
    return render(request, "collections/workbench.html", context, status=bench.status)


def _collectors(request: HttpRequest) -> Reading[list[User]]:
    """Whom cases can be given to, for those who may."""
    found = queries.collectors()
    return Reading((found if request.user.has_perm("collections.assign_case") else found.none(),), list)


def _file_of(request: HttpRequest, items: list[Case]) -> CaseFile | None:
    """The case of the address, or the first of the queue."""
    public_id = request.GET.get("case", "")
    require_seen(request.user, {"case": public_id})
    case = case_or_404(public_id) if public_id else (items[0] if items else None)
    if case is None:
        return None
    return case_file(case, person=person(request), now=business_date.now(), on=business_date.current())


# --- where to go next -----------------------------------------------------------------------------------------------
def _query_of(request: HttpRequest) -> QueryDict:
    """The filter the person was working in, carried by the form."""
    return QueryDict(request.POST.get("query", ""))


def _stand_at(request: HttpRequest, case: Case) -> None:
    """A bench drawn in answer to a POST keeps the filter, and its links lead where those of the same GET would."""
    query = _query_of(request).copy()
    query["case"] = case.public_id
    request.GET = query  # type: ignore[assignment]
    request.path, request.META["QUERY_STRING"] = reverse("collections:workbench"), query.urlencode()


def _matching(request: HttpRequest, query: QueryDict) -> list[int]:
    """Cases of the filter, as many as are counted and those first that the queue shows first."""
    chosen = QueueForm(query, stages=queries.stages().read()).chosen()
    rows = queries.queue(chosen, person=person(request)).order_by(*queries.ORDERS[chosen.order])
    parts = queries.parts_of_queue(chosen, person=person(request))
    return list(head_of(rows, COUNTED_AT_MOST, parts=parts).values_list("pk", flat=True))


def _to_case(request: HttpRequest, case: Case | None, query: QueryDict) -> HttpResponse:
    kept = {name: query[name] for name in _FILTERS if query.get(name)}
    if case is not None:
        kept["case"] = case.public_id
    elif request.resolver_match and request.resolver_match.url_name in {"log", "take_next"}:
        messages.info(request, _("Nothing else is waiting now."))
    address = reverse("collections:workbench")
    return redirect(f"{address}?{urlencode(kept)}" if kept else address)
