"""``./dev manage write_openapi``: write openapi.yaml anew after the API has changed."""

from django.core.management.base import BaseCommand

from partners.api.openapi import FILE, as_yaml


class Command(BaseCommand):
    help = "Write openapi.yaml from the views of the API."

    def handle(self, *args: object, **options: object) -> None:
        FILE.write_text(as_yaml(), encoding="utf-8")
        self.stdout.write(f"{FILE.name} written")
