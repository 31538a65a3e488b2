"""The page "follow one loan": nine steps with a button each, and the business date advanced by hand. Demo only."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from borrowers.models import Borrower
from core import business_date
from core.errors import DomainError
from debt_collections.models import Case
from loans.models import Application, Loan
from operations import jobs, tasks
from operations.demo import story as telling
from operations.models import DemoStory, LongJob
from staff.permissions import person

View = Callable[..., HttpResponse]
MOST_DAYS = 400


def demo_only(view: View) -> View:
    """Outside a demo the pages do not exist."""

    @wraps(view)
    @login_required
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step of the story as the page draws it."""

    number: int
    step: telling.Step
    state: str
    told: str
    on: str

    @property
    def is_done(self) -> bool:
        return self.state == "done"

    @property
    def is_next(self) -> bool:
        return self.state == "next"


@dataclass(frozen=True, slots=True)
class Link:
    label: str | Promise
    url: str


@require_GET
@demo_only
def story(request: HttpRequest) -> HttpResponse:
    """Where the story stands, what comes next, and the real pages it has left traces on."""
    told = telling.current()
    job = LongJob.objects.exclude(kind="catch_up").first()
    context = {
        "story": told,
        "steps": _steps(told),
        "next": telling.next_step(told) if told else None,
        "until": telling.waits_until(told) if told else None,
        "links": _links(told) if told else [],
        "on": business_date.current(),
        "job": job,
    }
    return render(request, "operations/demo.html", context)


@require_POST
@demo_only
def begin(request: HttpRequest) -> HttpResponse:
    """A new story, and its first step at once."""
    return _live(request, telling.begin())


@require_POST
@demo_only
def step(request: HttpRequest) -> HttpResponse:
    """The next step: at once, or by the worker where days must pass first."""
    return _live(request, telling.current() or telling.begin())


@require_POST
@demo_only
def advance(request: HttpRequest) -> HttpResponse:
    """Let some days pass, by the worker."""
    text = request.POST.get("days", "1")
    days = int(text) if text.isdecimal() and 1 <= int(text) <= MOST_DAYS else 1
    try:
        with transaction.atomic():
            to = business_date.current() + timedelta(days=days)
            _hand_over(jobs.request_advance(to=to, requested_by=person(request)))
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    return redirect("operations:demo")


@require_GET
@demo_only
def progress(request: HttpRequest, job_id: int) -> HttpResponse:
    """How far the days have passed; when they have, the page is drawn anew."""
    job = get_object_or_404(LongJob, pk=job_id)
    answer = render(request, "operations/_job.html", {"job": job, "job_url": request.path})
    if not job.waiting:
        answer["HX-Redirect"] = reverse("operations:demo")
    return answer


def _live(request: HttpRequest, told: DemoStory) -> HttpResponse:
    try:
        if telling.waits_until(told):
            with transaction.atomic():
                _hand_over(jobs.request_story(story=told, requested_by=person(request)))
        else:
            telling.live(story_id=told.pk)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    return redirect("operations:demo")


def _hand_over(job: LongJob) -> None:
    transaction.on_commit(lambda: tasks.run_job.delay(job_id=job.pk))


def _steps(told: DemoStory | None) -> list[ShownStep]:
    done = told.step if told else 0
    notes = {note["code"]: note for note in told.notes} if told else {}
    shown = []
    for number, step_ in enumerate(telling.STEPS, start=1):
        state = "done" if number <= done else "next" if told and number == done + 1 else "later"
        note = notes.get(step_.code)
        text = str(step_.told) % note["facts"] if note else ""
        shown.append(ShownStep(number, step_, state, text, note["on"] if note else ""))
    return shown


def _links(told: DemoStory) -> list[Link]:
    """The real pages of what the story has made so far."""
    links: list[Link] = []
    if borrower := Borrower.objects.filter(pk=told.borrower_id or 0).first():
        links.append(Link(_("Borrower"), borrower.get_absolute_url()))
    if application := Application.objects.filter(pk=told.application_id or 0).first():
        links.append(Link(_("Application"), application.get_absolute_url()))
    if loan := Loan.objects.filter(pk=told.loan_id or 0).first():
        links.append(Link(_("Loan"), reverse("desk:loan", args=[loan.number])))
        links.append(Link(_("Messages on her phone"), reverse("messaging:inbox")))
    if case := Case.objects.filter(borrower_id=told.borrower_id or 0).order_by("-pk").first():
        links.append(Link(_("Collection case"), reverse("collections:case", args=[case.public_id])))
    if told.step >= 5:
        links.append(Link(_("Nights"), reverse("operations:end_of_day")))
    return [*links, Link(_("Audit"), reverse("audit:events"))]
