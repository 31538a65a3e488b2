from django.db import migrations

from core.migration_operations import Law


class Migration(migrations.Migration):
    dependencies = [("loans", "0001_tables"), ("audit", "0002_law"), ("core", "0001_tables"), ("ledger", "0002_law")]
    operations = [
        Law(__file__, "room_on_page"),
        Law(__file__, "append_only"),
        Law(__file__, "offers"),
        Law(__file__, "contracts"),
        Law(__file__, "first_drawdowns"),
        Law(__file__, "paid_out_in_full"),
        Law(__file__, "unproved_principal"),
        Law(__file__, "drawdowns_within_approved"),
        Law(__file__, "merchant_credit_codes"),
        Law(__file__, "purchases"),
        Law(__file__, "acts"),
        Law(__file__, "entries_named"),
        Law(__file__, "earning"),
        Law(__file__, "gate"),
        Law(__file__, "product_versions"),
        Law(__file__, "bank_files"),
        Law(__file__, "mandates"),
    ]
