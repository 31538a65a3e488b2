"""Limits of credits, waived interest, new rates and rescheduling in the rule on what one person may do alone."""

from django.db import migrations

LIMITS = {
    "goodwill_credit": {"credited": "500"},
    "interest_waived": {"waived": "500"},
    "rate_changed": {"new_rate": "0.24"},
    "rescheduled": {"days_moved": "92", "interest_added": "5000"},
}


def add(apps, schema_editor) -> None:
    for row in apps.get_model("core", "Rule").objects.filter(code="act_authority", market="CN"):
        row.data = LIMITS | row.data
        row.save(update_fields=["data"])


class Migration(migrations.Migration):
    dependencies = [("core", "0007_calendar_days")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
