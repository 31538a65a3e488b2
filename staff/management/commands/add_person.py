"""Makes a member of staff from the shell: for the first people of a house, who have nobody yet to agree to them."""

from __future__ import annotations

import getpass
import logging
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from staff.apart import RolesApart, require_together
from staff.models import User
from staff.roles import ROLES

_log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Make a member of staff with roles; asks for the password. Logged, and agreed to by nobody."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", action="append", default=[], choices=sorted(ROLES))
        parser.add_argument("--name", default="", help="display name")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        roles = options["role"]
        user = User(username=options["username"], display_name=options["name"], is_staff="administrator" in roles)
        try:
            require_together(roles)
        except RolesApart as refusal:
            raise CommandError(refusal.detail) from refusal
        password = getpass.getpass("Password: ")
        try:
            validate_password(password, user)
            user.set_password(password)
            user.full_clean()
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from refusal
        user.save()
        user.groups.set(Group.objects.filter(name__in=roles))
        _log.warning("person_added_by_shell", extra={"username": user.username, "roles": roles})
        self.stdout.write(f"{user.username}: {', '.join(roles) or 'no role'}")
