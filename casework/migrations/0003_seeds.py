from django.db import migrations

from core.migration_operations import Seeds, sow_rules


class Migration(migrations.Migration):
    dependencies = [("casework", "0002_law"), ("core", "0003_seeds")]
    operations = [Seeds(__file__, "rules", sow_rules)]
