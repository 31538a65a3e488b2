"""The first version of the rule on repeating direct debits that failed."""

from datetime import date

from django.db import migrations

BEGINNING = date(2000, 1, 1)
DATA = {
    "retries": [
        {"after_days": 1, "share": "1"},
        {"after_days": 3, "share": "1"},
        {"after_days": 7, "share": "0.5"},
    ],
    "final_codes": ["AC01", "AC04", "AC06", "MD01", "MD07"],
}
SOURCE = (
    "House rule: a debit that failed is repeated so many days after the first one, for this share of what is due then. "
    "Final are the ISO 20022 return reasons that a repeat cannot cure: account unknown, closed or blocked, no mandate, "
    "holder deceased."
)


def seed(apps, schema_editor) -> None:
    apps.get_model("core", "Rule").objects.get_or_create(
        code="debit_retries", market="CN", effective_from=BEGINNING, defaults={"data": DATA, "source": SOURCE}
    )


class Migration(migrations.Migration):
    dependencies = [("core", "0010_policy_loans")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
