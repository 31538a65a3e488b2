"""Limits of settlements for less in the rule on what one person may do alone."""

from django.db import migrations

LIMITS = {"settled_for_less": {"given_up": "2000", "given_up_percent": "20"}}


def add(apps, schema_editor) -> None:
    for row in apps.get_model("core", "Rule").objects.filter(code="act_authority", market="CN"):
        row.data = LIMITS | row.data
        row.save(update_fields=["data"])


class Migration(migrations.Migration):
    dependencies = [("core", "0004_hold_authority")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
