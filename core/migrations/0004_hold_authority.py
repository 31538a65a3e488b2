"""Limits of holds in the rule on what one person may do alone."""

from django.db import migrations

LIMITS = {"hold_placed": {"days_held": "90", "interest_freed": "1000"}}


def add(apps, schema_editor) -> None:
    for row in apps.get_model("core", "Rule").objects.filter(code="act_authority", market="CN"):
        row.data = LIMITS | row.data
        row.save(update_fields=["data"])


class Migration(migrations.Migration):
    dependencies = [("core", "0003_act_authority")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
