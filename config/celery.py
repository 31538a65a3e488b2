"""Background work. Tasks carry ids only; what is due stands in tables that this schedule scans, never in countdowns."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.contrib.django.task import DjangoTask
from celery.schedules import crontab

from core.context import acting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Loaded into the database by beat at its start, where an administrator may change the times.
BEAT_TABLE: dict[str, dict[str, object]] = {
    "close-due-days": {"task": "operations.close_due_days", "schedule": crontab(minute="*")},
    "assess-submitted-applications": {"task": "risk.assess_submitted", "schedule": 30.0},
    "expire-offers": {"task": "loans.expire_offers", "schedule": crontab(minute=20)},
    "send-due-disbursements": {"task": "loans.send_due_disbursements", "schedule": 30.0},
    "collect-bank-reports": {"task": "loans.collect_bank_reports", "schedule": 60.0},
    "settle-bank-files": {"task": "loans.settle_bank_files", "schedule": 60.0},
    "send-due-messages": {"task": "messaging.send_due", "schedule": 30.0},
    "collect-receipts": {"task": "messaging.collect_receipts", "schedule": 30.0},
    "look-at-changed-loans": {"task": "operations.look_at_changed", "schedule": 5.0},
    "ask-about-accounts": {"task": "borrowers.ask_about_accounts", "schedule": 60.0},
    "look-for-tasks": {"task": "casework.look", "schedule": 60.0},
    "escalate-late-tasks": {"task": "casework.escalate_late", "schedule": 60.0},
    "keep-evidence-in-order": {"task": "casework.keep_evidence_in_order", "schedule": crontab(hour=3, minute=10)},
    "forget-old-answers": {"task": "partners.forget_old_answers", "schedule": crontab(minute=40)},
}


class ContextTask(DjangoTask):
    """A task under its own context, so that its changes and log lines carry the task's id."""

    def __call__(self, *args: object, **kwargs: object) -> Any:
        with acting(channel="task", request_id=f"task_{self.request.id}"):
            return super().__call__(*args, **kwargs)


app = Celery("loandesk", task_cls=ContextTask)
app.set_default()  # "current" holds for one thread only; every thread of a web server must find this app
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
