from django.db import migrations

from core.migration_operations import Seeds, sow_rules


def map_accounts(apps, content) -> None:
    mapping = apps.get_model("loans", "AccountMapping")
    rows = [mapping(product=None, role=role, account_id=account) for role, account in content["standard"].items()]
    mapping.objects.bulk_create(rows, ignore_conflicts=True)


def name_purposes(apps, content) -> None:
    purpose = apps.get_model("loans", "LoanPurpose")
    rows = [purpose(**{"source": content["source"], **row}) for row in content["purpose"]]
    purpose.objects.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("loans", "0002_law"), ("ledger", "0003_seeds")]
    operations = [
        Seeds(__file__, "rules", sow_rules),
        Seeds(__file__, "account_mappings", map_accounts),
        Seeds(__file__, "loan_purposes", name_purposes),
    ]
