"""Background work of `borrowers`: each task is one domain call with the business date read here, at the door."""

from celery import shared_task

from borrowers import bank_accounts
from core import business_date


@shared_task(name="borrowers.ask_about_accounts")
def ask_about_accounts() -> dict[str, int]:
    """Ask the bank again whose the accounts are that it said nothing of yet."""
    return bank_accounts.ask_about_waiting(now=business_date.now(), on=business_date.current())
