"""Background work of `loans`: each task is one domain call with the business date read here, at the door."""

from celery import shared_task
from django.utils import timezone

from core import business_date
from loans.disbursement import disbursing
from loans.incoming import importing
from loans.origination import origination


@shared_task(name="loans.send_due_disbursements")
def send_due_disbursements() -> dict[str, int]:
    """Send and follow up the orders to the bank that are due."""
    return disbursing.send_due(now=timezone.now(), on=business_date.current())


@shared_task(name="loans.send_disbursement")
def send_disbursement(*, disbursement_id: int) -> dict[str, int]:
    """Send one order, woken by its commit. One that somebody else has taken meanwhile is left to them."""
    return disbursing.send_due(now=timezone.now(), on=business_date.current(), disbursement_id=disbursement_id)


@shared_task(name="loans.collect_bank_reports")
def collect_bank_reports() -> dict[str, int]:
    """Take in what the bank reports by itself."""
    return disbursing.collect_reports(on=business_date.current())


@shared_task(name="loans.expire_offers")
def expire_offers() -> int:
    """Close the offers whose last day has passed."""
    return origination.expire_offers(on=business_date.current())


@shared_task(name="loans.settle_bank_file")
def settle_bank_file(*, bank_file_id: int) -> dict[str, int]:
    """Credit the matched payments of a statement file and park the rest."""
    return importing.settle_file(bank_file_id=bank_file_id, on=business_date.current())


@shared_task(name="loans.settle_bank_files")
def settle_bank_files() -> int:
    """Settle what is left of statement files for whose payments nobody was woken; returns how many files that were."""
    return importing.settle_files(on=business_date.current())
