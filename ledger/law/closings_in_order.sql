-- A closing of the books moves the closed day forward, a reopening back; books that do not balance are not closed;
-- and what was closed or reopened stays on record as it was. That a reopening names two people: ledger/models.py. The
-- lock is the one of closed_books.sql, taken alone: bookings under way end first, new ones wait. Days that were summed are
-- judged by their sums (day_sums.sql), the days after them by their lines. What is archived is not opened again.

CREATE FUNCTION ledger_closing_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    through date;
    summed date;
    difference numeric;
BEGIN
    PERFORM pg_advisory_xact_lock(5497855412316);
    SELECT closed_through INTO through FROM ledger_periodclosing ORDER BY id DESC LIMIT 1;
    IF NEW.act = 'closed' AND NEW.closed_through <= through THEN
        RAISE EXCEPTION 'the books are closed through % already', through USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.act = 'reopened' AND (through IS NULL OR NEW.closed_through >= through) THEN
        RAISE EXCEPTION 'a reopening moves the closed day back' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.act = 'reopened' AND ledger_archived_through() > coalesce(NEW.closed_through, '-infinity') THEN
        RAISE EXCEPTION 'the books are archived through %: bring the months back first', ledger_archived_through()
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.act = 'closed' THEN
        SELECT coalesce(max(posted_on), date '0001-01-01') INTO summed FROM ledger_summedday;
        SELECT sum(d) INTO difference FROM (
            SELECT sum(debit - credit) AS d FROM ledger_accountday WHERE posted_on <= NEW.closed_through
            UNION ALL
            SELECT sum(debit - credit) FROM ledger_latebooking
             WHERE posted_on <= NEW.closed_through AND posted_on <= summed
            UNION ALL
            SELECT sum(debit - credit) FROM ledger_journalline
             WHERE posted_on > summed AND posted_on <= NEW.closed_through) AS parts;
        IF difference <> 0 THEN
            RAISE EXCEPTION 'the books do not balance on %', NEW.closed_through USING ERRCODE = 'check_violation';
        END IF;
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
