"""The first version of the rule on loans on insurance policies."""

from datetime import date

from django.db import migrations

BEGINNING = date(2000, 1, 1)
DATA = {
    "most_share": "0.80",
    "most_months": 12,
    "warning_levels": ["0.85", "0.90", "0.95"],
    "notice_days": 30,
    "reinstatement_days": 730,
}
SOURCE = (
    "At most 80 % of cash value: insurance regulator, notice on actuarial rules of life insurance (2016). At most twelve "
    "months and thirty days' notice: customary policy terms. Reinstatement within two years: Insurance Law, art. 37. "
    "Warning levels: house rule, the first above the share lent."
)


def seed(apps, schema_editor) -> None:
    apps.get_model("core", "Rule").objects.get_or_create(
        code="policy_loan", market="CN", effective_from=BEGINNING, defaults={"data": DATA, "source": SOURCE}
    )


class Migration(migrations.Migration):
    dependencies = [("core", "0009_caps_by_lender_type")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
