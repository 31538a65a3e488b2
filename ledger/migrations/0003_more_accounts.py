"""Accounts for suspense, charge-off, goodwill, discounts, merchant refunds, disbursement clearing and adjustments."""

from django.db import migrations

CHART = (
    ("1301", "Merchant refunds receivable", "asset"),
    ("2203", "Disbursement clearing", "liability"),
    ("2301", "Interest in suspense", "liability"),
    ("4004", "Fees and penalties adjustments", "income"),
    ("5002", "Charge-off expense", "expense"),
    ("5003", "Goodwill expense", "expense"),
    ("5004", "Discounts on settlement", "expense"),
)


def open_accounts(apps, schema_editor) -> None:
    account = apps.get_model("ledger", "Account")
    for code, name, kind in CHART:
        account.objects.get_or_create(code=code, defaults={"name": name, "kind": kind})


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_law")]
    operations = [migrations.RunPython(open_accounts, migrations.RunPython.noop)]
