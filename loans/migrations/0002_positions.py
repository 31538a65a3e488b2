"""Layout of the rows end of day writes, and the law of what is only ever added.

A low fill factor lets PostgreSQL update positions and late instalments in place (HOT) without touching an index.
"""

from django.db import migrations

LAYOUT = """
ALTER TABLE loans_loanposition SET (fillfactor = 45, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE loans_instalment SET (fillfactor = 80);
CREATE TRIGGER loans_accrual_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON loans_accrual
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER loans_transition_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON loans_loantransition
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER loans_repaymentline_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON loans_repaymentline
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
"""

UNDO = """
DROP TRIGGER loans_accrual_append_only ON loans_accrual;
DROP TRIGGER loans_transition_append_only ON loans_loantransition;
DROP TRIGGER loans_repaymentline_append_only ON loans_repaymentline;
"""


class Migration(migrations.Migration):
    dependencies = [("loans", "0001_initial"), ("audit", "0002_append_only")]
    operations = [migrations.RunSQL(LAYOUT, UNDO)]
