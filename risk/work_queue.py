"""The underwriters' queue: oldest first, one person at a time on an application, and a claim that ends by itself."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit.deciding import same_account
from core.errors import DomainError
from loans.models import Application, ApplicationStatus
from staff.models import User

CLAIM_LASTS = timedelta(minutes=30)


class ClaimedByAnother(DomainError):
    code = "application_claimed"
    message = _("%(who)s is working on this application.")


class NotWaitingForUnderwriter(DomainError):
    code = "application_not_in_queue"
    message = _("Application %(number)s does not wait for an underwriter.")


@transaction.atomic
def claim_next(*, by: User, now: datetime) -> Application | None:
    """The oldest waiting application nobody works on, now claimed by ``by``. Two people never get the same one."""
    free = Q(claimed_by__isnull=True) | Q(claimed_by=by) | Q(claimed_at__lt=now - CLAIM_LASTS)
    application = (
        Application.objects.waiting_for_underwriter().filter(free).select_for_update(of=("self",), skip_locked=True)
    ).first()
    return None if application is None else _claim(application, by, now)


@transaction.atomic
def claim(*, application_id: int, by: User, now: datetime) -> Application:
    """Claim this one. Raises NotWaitingForUnderwriter, ClaimedByAnother."""
    application = Application.objects.locked(application_id)
    if application.status != ApplicationStatus.REFERRED:
        raise NotWaitingForUnderwriter(number=application.number)
    if application.claimed_at is not None and application.claimed_at >= now - CLAIM_LASTS:
        require_claim(application, by)
    return _claim(application, by, now)


@transaction.atomic
def release(*, application_id: int, by: User) -> Application:
    """Give it back to the queue."""
    application = Application.objects.locked(application_id)
    require_claim(application, by)
    return _write_claim(application, None, None)


def _claim(application: Application, by: User, now: datetime) -> Application:
    return _write_claim(application, by, now)


def _write_claim(application: Application, by: User | None, at: datetime | None) -> Application:
    application.claimed_by, application.claimed_at = by, at
    application.save(update_fields=["claimed_by", "claimed_at"])
    return application


def require_claim(application: Application, by: User) -> None:
    """Nobody decides over the head of the person who took the application."""
    if application.claimed_by_id is not None and not same_account(application.claimed_by_id, by.pk):
        raise ClaimedByAnother(who=str(application.claimed_by))
