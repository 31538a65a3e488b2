"""One of the hands of import_tape: lives the events it is handed. Not meant to be called by people."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from operations.tape.living import serve
from operations.tape.profiles import profile_named


class Command(BaseCommand):
    help = "A helping process of import_tape, which starts and ends it by itself."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("profile")

    def handle(self, *args: object, **options: Any) -> None:
        serve(profile_named(options["profile"]), sys.stdin, sys.stdout)
