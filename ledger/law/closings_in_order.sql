-- A closing of the books moves the closed day forward, a reopening back; books that do not balance are not closed (what
-- an earlier closing in force has closed balanced then, and has not changed since);
-- and what was closed or reopened stays on record as it was. That a reopening names two people: ledger/models.py. The
-- lock is the one of closed_books.sql, taken alone: bookings under way end first, new ones wait.

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
         WHERE e.posted_on <= NEW.closed_through AND e.posted_on > coalesce(through, '-infinity') HAVING sum(l.debit) <> sum(l.credit)) THEN
        RAISE EXCEPTION 'the books do not balance on %', NEW.closed_through USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER ledger_closing_in_order BEFORE INSERT ON ledger_periodclosing
    FOR EACH ROW EXECUTE FUNCTION ledger_closing_in_order();
CREATE TRIGGER ledger_closing_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_periodclosing
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

-- Taken back by:

DROP TRIGGER ledger_closing_immutable ON ledger_periodclosing;
DROP TRIGGER ledger_closing_in_order ON ledger_periodclosing;
DROP FUNCTION ledger_closing_in_order();
