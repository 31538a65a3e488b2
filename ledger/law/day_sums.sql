-- What is booked on a day whose sums were made already is noted beside them, so that the sums and the notes together are
-- exact at any moment (ledger/day_sums.py), and no booking waits for a row that others write. The sums of a day are made
-- while nobody books: a booking shares the lock of closed_books.sql until its transaction ends, the maker of sums takes it
-- alone. Lines come by a trigger of their own, which may run first, and so share it themselves.

CREATE FUNCTION ledger_note_late_entries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    through date;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(5497855412316);
    SELECT max(posted_on) INTO through FROM ledger_summedday;
    IF through >= (SELECT min(posted_on) FROM new_entries) THEN
        INSERT INTO ledger_latebooking (posted_on, event, entries, debit, credit)
        SELECT posted_on, event, count(*), 0, 0 FROM new_entries WHERE posted_on <= through GROUP BY 1, 2;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION ledger_note_late_lines() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    through date;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(5497855412316);
    SELECT max(posted_on) INTO through FROM ledger_summedday;
    IF through >= (SELECT min(posted_on) FROM new_lines) THEN
        INSERT INTO ledger_latebooking (posted_on, account_id, event, entries, debit, credit)
        SELECT posted_on, account_id, '', 0, sum(debit), sum(credit) FROM new_lines WHERE posted_on <= through GROUP BY 1, 2;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER ledger_entry_noted_late AFTER INSERT ON ledger_journalentry
    REFERENCING NEW TABLE AS new_entries FOR EACH STATEMENT EXECUTE FUNCTION ledger_note_late_entries();
CREATE TRIGGER ledger_line_noted_late AFTER INSERT ON ledger_journalline
    REFERENCING NEW TABLE AS new_lines FOR EACH STATEMENT EXECUTE FUNCTION ledger_note_late_lines();

-- Taken back by:

DROP FUNCTION ledger_note_late_lines() CASCADE;
DROP FUNCTION ledger_note_late_entries() CASCADE;
