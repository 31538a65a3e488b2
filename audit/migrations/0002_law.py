from django.db import migrations

from core.migration_operations import Law


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_tables")]
    operations = [Law(__file__, "append_only"), Law(__file__, "record_seals")]
