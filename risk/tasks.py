"""Background work of `risk`: ids in, one domain call, the business date read here at the door."""

from celery import shared_task

from core import business_date
from loans.models import Application, ApplicationStatus
from risk import underwriting


@shared_task(name="risk.assess_application")
def assess_application(*, application_id: int) -> str:
    """Assess one application and let the rules decide."""
    return underwriting.decide_automatically(application_id=application_id, on=business_date.current()).status


@shared_task(name="risk.assess_submitted")
def assess_submitted() -> int:
    """The net beneath: enqueue every application whose commit woke nobody, as when the broker was down."""
    waiting = Application.objects.filter(status=ApplicationStatus.SUBMITTED).order_by("id").values_list("pk", flat=True)
    for application_id in list(waiting[:500]):
        assess_application.delay(application_id=application_id)
    return len(waiting)
