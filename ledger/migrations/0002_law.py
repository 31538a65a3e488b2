"""The law of the books, kept by PostgreSQL itself, and the chart of accounts.

Statement-level triggers with transition tables cost next to nothing; deferred row triggers cost three times the insert.
"""

from django.db import migrations

LAW = """
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('loandesk.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% on % is refused: what is posted stays posted, correct it by a reversal', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER ledger_entry_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_journalentry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_line_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_journalline
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

-- The transaction that made an entry is the only one that may give it lines.
ALTER TABLE ledger_journalentry
    ADD COLUMN posted_in xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE FUNCTION ledger_lines_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong bigint;
BEGIN
    SELECT n.entry_id INTO wrong FROM new_lines n GROUP BY n.entry_id HAVING sum(n.debit) <> sum(n.credit) LIMIT 1;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'journal entry % does not balance', wrong USING ERRCODE = 'check_violation';
    END IF;
    SELECT e.id INTO wrong
      FROM (SELECT DISTINCT entry_id FROM new_lines) n JOIN ledger_journalentry e ON e.id = n.entry_id
     WHERE e.posted_in <> pg_current_xact_id() LIMIT 1;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'journal entry % is posted: lines cannot be added to it', wrong
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER ledger_lines_balance AFTER INSERT ON ledger_journalline
    REFERENCING NEW TABLE AS new_lines FOR EACH STATEMENT EXECUTE FUNCTION ledger_lines_balance();
"""

UNDO = """
DROP FUNCTION ledger_lines_balance() CASCADE;
ALTER TABLE ledger_journalentry DROP COLUMN posted_in;
DROP FUNCTION ledger_refuse_change() CASCADE;
"""

CHART = (
    ("1001", "Cash at bank", "asset"),
    ("1201", "Loan principal receivable", "asset"),
    ("1202", "Interest receivable", "asset"),
    ("1203", "Late interest receivable", "asset"),
    ("1204", "Fees receivable", "asset"),
    ("2201", "Borrower overpayments", "liability"),
    ("2202", "Unidentified receipts", "liability"),
    ("4001", "Interest income", "income"),
    ("4002", "Late interest income", "income"),
    ("4003", "Fee income", "income"),
    ("4101", "Recoveries of written-off loans", "income"),
    ("5001", "Write-off expense", "expense"),
)


def open_accounts(apps, schema_editor) -> None:
    account = apps.get_model("ledger", "Account")
    for code, name, kind in CHART:
        account.objects.get_or_create(code=code, defaults={"name": name, "kind": kind})


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunSQL(LAW, UNDO), migrations.RunPython(open_accounts, migrations.RunPython.noop)]
