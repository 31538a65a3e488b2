"""Whether the night closes the books by itself, and how many days it leaves open: by default it does not."""

from datetime import date

from django.db import migrations

RULE = {"automatic": False, "days_kept_open": 1}
SOURCE = "House rule: days_kept_open counts the days before the day just ended that stay open; at least 1."


def add(apps, schema_editor) -> None:
    apps.get_model("core", "Rule").objects.get_or_create(
        code="books_closing",
        market="CN",
        effective_from=date(2000, 1, 1),
        defaults={"data": RULE, "source": SOURCE},
    )


class Migration(migrations.Migration):
    dependencies = [("core", "0011_debit_retries")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
