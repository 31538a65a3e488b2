"""The admin is for configuration: every page of it opens, in a browser without a problem, and only for administrators."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import translation
from playwright.sync_api import Page, expect

from staff.models import User


@pytest.mark.django_db
def test_every_list_of_the_admin_opens(client: Client, signed_in: Callable[..., Client]) -> None:
    signed_in(client, "administrator", superuser=True)
    for model in admin.site._registry:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert client.get(address).status_code == 200, address


@pytest.mark.django_db
def test_staff_without_the_right_do_not_enter_the_admin(client: Client, signed_in: Callable[..., Client]) -> None:
    signed_in(client, "officer")
    assert client.get("/admin/").status_code == 302


def test_the_admin_opens_in_a_browser_without_a_problem(page_as: Callable[..., Page]) -> None:
    page = page_as("administrator", superuser=True)
    page.goto("/admin/")
    expect(page.locator("h1").first).to_be_visible()
    page.goto(reverse("admin:staff_user_changelist"))
    expect(page.get_by_text("administrator").first).to_be_visible()


def test_only_the_admin_may_evaluate_expressions(client: Client, db: None) -> None:
    assert "unsafe-eval" in client.get("/admin/login/").headers["Content-Security-Policy"]
    policy = client.get("/login/").headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy


def test_the_admins_people_are_the_projects_people() -> None:
    assert admin.site.is_registered(User)


def test_headings_of_the_admin_are_in_chinese_too() -> None:
    with translation.override("zh-hans"):
        names = {app: str(apps.get_app_config(app).verbose_name) for app in ("audit", "core", "ledger", "loans")}

    assert all(not name.isascii() for name in names.values()), names
