-- The lines of an entry balance: debit equals credit, entry by entry, for all lines that one statement inserts. And
-- only the transaction that made an entry may give it lines, so that nothing is slipped under what was posted before.
-- A statement-level trigger with a transition table costs next to nothing; a deferred row trigger costs three times
-- the insert.

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

-- Taken back by:

DROP TRIGGER ledger_lines_balance ON ledger_journalline;
DROP FUNCTION ledger_lines_balance();
ALTER TABLE ledger_journalentry DROP COLUMN posted_in;
