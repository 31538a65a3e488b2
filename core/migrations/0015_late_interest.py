"""By what the contract rate is multiplied while a loan is late, how far late interest may go, who may lower a fee."""

from datetime import date

from django.db import migrations

RULES = (
    (
        "late_rate_multiplier",
        date(2004, 1, 1),
        {"multiplier": "1.50", "least": "1.30", "most": "1.50"},
        "People's Bank of China, Yin Fa [2003] 251: the rate stated in the contract and 30 % to 50 % more. The rule's own "
        "multiplier is that of loans whose contract follows it.",
    ),
    (
        "late_interest_cap",
        date(2000, 1, 1),
        {"within_cost_cap": True},
        "Interest, late interest and penalties together keep the line of the lender: 24 % before the courts for financial "
        "loans (Fa Fa [2017] 22), 4 x one-year LPR for private lending (judicial interpretation of 2020, articles 28, 29). "
        "share_of_principal may bound the sum as well.",
    ),
    (
        "late_interest_notice",
        date(2000, 1, 1),
        {"held_until_made_good": True},
        "House rule after article 137 of the Civil Code (a notice takes effect when it reaches the other side): no late "
        "interest while every notice of the due date failed.",
    ),
)


LIMITS = {"fee_lowered": {"fee_lowered": "500"}}


def add(apps, schema_editor) -> None:
    for code, effective_from, data, source in RULES:
        apps.get_model("core", "Rule").objects.get_or_create(
            code=code, market="CN", effective_from=effective_from, defaults={"data": data, "source": source}
        )
    for row in apps.get_model("core", "Rule").objects.filter(code="act_authority", market="CN"):
        row.data = LIMITS | row.data
        row.save(update_fields=["data"])


class Migration(migrations.Migration):
    dependencies = [("core", "0014_interest_suspense")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
