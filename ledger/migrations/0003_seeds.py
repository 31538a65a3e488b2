from django.db import migrations

from core.migration_operations import Seeds


def open_accounts(apps, content) -> None:
    account = apps.get_model("ledger", "Account")
    account.objects.bulk_create([account(**row) for row in content["accounts"]], ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_law")]
    operations = [Seeds(__file__, "accounts", open_accounts)]
