from django.db import migrations

from core.migration_operations import Law


class Migration(migrations.Migration):
    dependencies = [("collections", "0001_tables"), ("audit", "0002_law")]
    operations = [
        Law(__file__, "room_on_page"),
        Law(__file__, "append_only"),
        Law(__file__, "case_ids"),
    ]
