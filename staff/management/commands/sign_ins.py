"""Says how to get in: the demo's people by role, or the page for the first administrator."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from staff.demo_people import demo_people
from staff.first_administrator import wanted


class Command(BaseCommand):
    help = "Print how to sign in: the demo's people by role, or the page for the first administrator."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--address", default="http://127.0.0.1:8000", help="where the pages answer")

    def handle(self, *args: object, **options: Any) -> None:
        address = options["address"]
        if wanted() and settings.FIRST_ADMIN_TOKEN:
            self.stdout.write("Nobody can sign in yet. Make the first administrator (valid until this run ends):")
            self.stdout.write(f"  {address}/welcome/?token={settings.FIRST_ADMIN_TOKEN}\n")
        elif settings.DEMO:
            self._demo_people(address)

    def _demo_people(self, address: str) -> None:
        known = demo_people()
        if not known:
            return
        width = max(len(person.role) for person in known)
        self.stdout.write(f"Sign in at {address}/login/ by one click, or with the password {settings.DEMO_PASSWORD}")
        for person in known:
            self.stdout.write(f"  {person.role:<{width}}  {person.username}")
        self.stdout.write("")
