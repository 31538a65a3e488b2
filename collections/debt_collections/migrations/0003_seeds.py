from django.db import migrations

from core.migration_operations import Seeds, sow_rules


class Migration(migrations.Migration):
    dependencies = [("collections", "0002_law"), ("core", "0001_tables")]
    operations = [Seeds(__file__, "rules", sow_rules)]
