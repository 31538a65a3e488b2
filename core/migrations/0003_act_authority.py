"""First versions of the rules on changes to running loans."""

from datetime import date

from django.db import migrations

BEGINNING = date(2000, 1, 1)
RULES = (
    (
        "act_authority",
        {
            "payment_holiday": {"instalments_skipped": "3"},
            "overdue_spread": {"overdue_moved": "20000"},
            "overdue_reaged": {"overdue_moved": "20000"},
            "reamortised": {"replanned_principal": "50000", "instalments_planned": "60"},
        },
        "House rule: an act with a figure above these needs a second person.",
    ),
    ("due_day_change", {"most_days": 15}, "House rule: by how many days a new due day may move a due date."),
)


def seed(apps, schema_editor) -> None:
    rule = apps.get_model("core", "Rule")
    for code, data, source in RULES:
        rule.objects.get_or_create(
            code=code, market="CN", effective_from=BEGINNING, defaults={"data": data, "source": source}
        )


class Migration(migrations.Migration):
    dependencies = [("core", "0002_numbers_and_rules")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
