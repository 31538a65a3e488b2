"""``./dev manage write_task_kinds``: write docs/tasks.md anew after a kind of task has changed."""

from django.core.management.base import BaseCommand

from casework.kinds_document import FILE, as_markdown


class Command(BaseCommand):
    help = "Write docs/tasks.md from the declared kinds of task."

    def handle(self, *args: object, **options: object) -> None:
        FILE.write_text(as_markdown(), encoding="utf-8")
        self.stdout.write(f"{FILE.name} written")
