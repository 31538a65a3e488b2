from django.db import migrations

from core.migration_operations import Law


class Migration(migrations.Migration):
    dependencies = [("core", "0001_tables")]
    operations = [Law(__file__, "running_numbers"), Law(__file__, "rules")]
