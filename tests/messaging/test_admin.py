"""The admin of wordings: a new one is asked for and published once a second person agreed, nothing else can be changed;
personal data stays masked."""

import pytest
from django.test import Client
from django.urls import reverse

from audit import approvals
from audit.models import Approval
from borrowers.models import ConsentText
from core import business_date
from messaging.models import Template
from tests.borrowers.factories import LIN_ID, LinFactory
from tests.messaging.factories import MessageFactory

pytestmark = pytest.mark.django_db

WORDING = {
    "code": "loan_settled",
    "channel": "sms",
    "language": "en",
    "subject": "",
    "body": "{loan_number} is paid.",
    "reason_for_change": "Shorter",
}


@pytest.fixture
def admin(client: Client, staff_member) -> Client:
    client.force_login(staff_member(username="root", superuser=True), backend="staff.backends.StaffBackend")
    return client


def test_a_new_wording_is_published_once_two_agree(admin: Client, staff_member) -> None:
    answer = admin.post(reverse("admin:messaging_template_add"), WORDING)

    assert answer.status_code == 302
    assert Template.objects.get(code="loan_settled", channel="sms", language="en").version == 1
    on, asked = business_date.current(), Approval.objects.get()
    approvals.approve(approval_id=asked.pk, decided_by=staff_member("compliance"), on=on)
    newest = Template.objects.get(code="loan_settled", channel="sms", language="en", active=True)
    assert (newest.version, newest.body) == (2, "{loan_number} is paid.")
    assert newest.history.get().history_user.username == "root"


@pytest.mark.parametrize(
    ("body", "said"), [("【x】", "gateways refuse"), ("Dear {name}", "not known for this message"), ("", "required")]
)
def test_a_wording_a_gateway_would_refuse_is_refused_in_the_form(admin: Client, body: str, said: str) -> None:
    answer = admin.post(reverse("admin:messaging_template_add"), {**WORDING, "body": body})

    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert Template.objects.filter(code="loan_settled", channel="sms", language="en").count() == 1


@pytest.mark.parametrize(
    "model", ["messaging_template", "messaging_message", "borrowers_borrower", "borrowers_consenttext"]
)
def test_lists_open_and_rows_are_only_shown(admin: Client, model: str) -> None:
    borrower = LinFactory()
    rows = {
        "messaging_template": Template.objects.first(),
        "messaging_message": MessageFactory(borrower=borrower),
        "borrowers_borrower": borrower,
        "borrowers_consenttext": ConsentText.objects.first(),
    }
    one = reverse(f"admin:{model}_change", args=[rows[model].pk])

    assert admin.get(reverse(f"admin:{model}_changelist")).status_code == 200
    shown = admin.get(one)
    assert shown.status_code == 200
    for secret in ("林小雨", LIN_ID, "13812341234"):
        assert secret not in shown.content.decode()
    assert admin.post(one, {"body": "x"}).status_code == 403
    assert admin.post(reverse(f"admin:{model}_delete", args=[rows[model].pk]), {"post": "yes"}).status_code == 403
