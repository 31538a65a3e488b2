"""Closed books are PostgreSQL's business: no entry is posted on or before the day they are closed through.

A booking shares an advisory lock until its transaction ends; a closing takes it alone. So no booking that has not been
committed yet slips into a period that is being closed beside it.
"""

from django.db import migrations

LAW = """
CREATE FUNCTION ledger_refuse_closed_period() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    through date;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(5497855412316);
    SELECT closed_through INTO through FROM ledger_periodclosing ORDER BY id DESC LIMIT 1;
    IF through IS NOT NULL AND EXISTS (SELECT 1 FROM new_entries WHERE posted_on <= through) THEN
        RAISE EXCEPTION 'the books are closed through %: no entry is posted on or before that day', through
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_period_open', DETAIL = through;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER ledger_entry_period_open AFTER INSERT ON ledger_journalentry
    REFERENCING NEW TABLE AS new_entries FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_closed_period();

-- A closing moves forward, a reopening back; a closing over books that do not balance is refused.
CREATE FUNCTION ledger_closing_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    through date;
BEGIN
    PERFORM pg_advisory_xact_lock(5497855412316);
    SELECT closed_through INTO through FROM ledger_periodclosing ORDER BY id DESC LIMIT 1;
    IF NEW.act = 'closed' AND NEW.closed_through <= through THEN
        RAISE EXCEPTION 'the books are closed through % already', through USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.act = 'reopened' AND (through IS NULL OR NEW.closed_through >= through) THEN
        RAISE EXCEPTION 'a reopening moves the closed day back' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.act = 'closed' AND EXISTS (
        SELECT 1 FROM ledger_journalline l JOIN ledger_journalentry e ON e.id = l.entry_id
         WHERE e.posted_on <= NEW.closed_through HAVING sum(l.debit) <> sum(l.credit)) THEN
        RAISE EXCEPTION 'the books do not balance on %', NEW.closed_through USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER ledger_closing_in_order BEFORE INSERT ON ledger_periodclosing
    FOR EACH ROW EXECUTE FUNCTION ledger_closing_in_order();
CREATE TRIGGER ledger_closing_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_periodclosing
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
"""

UNDO = """
DROP FUNCTION ledger_closing_in_order() CASCADE;
DROP FUNCTION ledger_refuse_closed_period() CASCADE;
DROP TRIGGER ledger_closing_immutable ON ledger_periodclosing;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_period_closing")]
    operations = [migrations.RunSQL(LAW, UNDO)]
