"""A merchant is shut out by one person at once; its name and business with it again are for two."""

import pytest
from django.test import Client

from audit.models import Approval, AuditEvent
from loans.models import Merchant
from tests.loans.factories import MerchantFactory
from tests.loans.merchants.test_merchants import decided, fay, finance, in_words

__all__ = ["fay", "finance"]
pytestmark = pytest.mark.django_db


def test_shut_out_by_one_person_business_again_by_two(finance: Client, fay: Client) -> None:
    merchant = MerchantFactory()
    edit = f"{merchant.get_absolute_url()}/edit"
    finance.post(edit, {"name": merchant.name, "reason": "closed"})
    assert not Merchant.objects.get().active and not Approval.objects.exists()

    page = finance.post(edit, {"name": merchant.name, "active": "on", "reason": "opened again"}, follow=True)
    assert "waits for a second person" in in_words(page.content.decode())
    assert not Merchant.objects.get().active
    own = finance.post(f"/app/approvals/{Approval.objects.get().pk}/approve")
    assert own.status_code == 403 and not Merchant.objects.get().active
    decided(fay)

    assert Merchant.objects.get().active
    assert AuditEvent.objects.filter(object_type="loans.merchant", reason="opened again", actor__isnull=False).exists()


def test_another_name_takes_two_people_and_shutting_out_goes_ahead(finance: Client, fay: Client) -> None:
    merchant = MerchantFactory()
    name, edit = merchant.name, f"{merchant.get_absolute_url()}/edit"

    finance.post(edit, {"name": "Bay Bikes", "reason": "new owner"})
    assert (Merchant.objects.get().name, Merchant.objects.get().active) == (name, False)
    assert Approval.objects.get().after == {"name": "Bay Bikes"}
    refused = finance.post(edit, {"name": "Bay Boats", "reason": "another one"})
    assert refused.status_code == 422
    decided(fay)

    assert (Merchant.objects.get().name, Merchant.objects.get().active) == ("Bay Bikes", False)


def test_a_request_for_business_again_ends_nothing_that_happened_since(finance: Client, fay: Client) -> None:
    merchant = MerchantFactory()
    Merchant.objects.update(active=False)
    edit = f"{merchant.get_absolute_url()}/edit"
    finance.post(edit, {"name": "Bay Bikes", "active": "on", "reason": "opened again"})
    Merchant.objects.update(name="Sea Bikes")

    assert "was changed since this was asked for" in in_words(decided(fay))
    assert not Merchant.objects.get().active
