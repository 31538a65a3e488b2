from django.db import migrations

from core.migration_operations import Law


class Migration(migrations.Migration):
    dependencies = [("risk", "0001_tables"), ("audit", "0002_law")]
    operations = [Law(__file__, "append_only")]
