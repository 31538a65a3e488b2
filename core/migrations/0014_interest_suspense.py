"""The rule from which class on unpaid interest is no longer income."""

from datetime import date

from django.db import migrations

SOURCE = (
    "Caijin [2002] 5: interest of a loan more than 90 days overdue is not taken to income, what was taken is taken back, "
    "and it is income when it is paid. An empty class keeps all interest in income."
)


def seed(apps, schema_editor) -> None:
    apps.get_model("core", "Rule").objects.get_or_create(
        code="interest_suspense",
        market="CN",
        effective_from=date(2000, 1, 1),
        defaults={"data": {"from_class": "substandard"}, "source": SOURCE},
    )


class Migration(migrations.Migration):
    dependencies = [("core", "0013_over_five_year_lpr")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
