-- The lines of an entry balance: debit equals credit, entry by entry, for all lines that one statement inserts. They lie
-- on the day of their entry, so in its month. And only the transaction that made an entry may give it lines, so that
-- nothing is slipped under what was posted before. A statement-level trigger with a transition table costs next to nothing;
-- a deferred row trigger costs three times the insert, a foreign key to the entry as much again. Entries are looked up one
-- by one, each by its key in its month: for a join PostgreSQL would read every entry of the month for every booking. Lines
-- name accounts that are there, and an account that has lines stays under its code: a foreign key would make whoever lays
-- a month wait for whoever writes accounts, and the other way round. Bookings under way end first; they share the lock of
-- closed_books.sql.

ALTER TABLE ledger_journalentry
    ADD COLUMN posted_in xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE FUNCTION ledger_lines_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
    line record;
    made_in xid8;
BEGIN
    SELECT n.entry_id INTO wrong FROM new_lines n GROUP BY n.entry_id HAVING sum(n.debit) <> sum(n.credit) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'journal entry % does not balance', wrong.entry_id USING ERRCODE = 'check_violation';
    END IF;
    SELECT n.account_id INTO wrong FROM new_lines n
     WHERE NOT EXISTS (SELECT 1 FROM ledger_account a WHERE a.code = n.account_id) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'there is no account %', wrong.account_id
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'ledger_account_exists';
    END IF;
    FOR line IN SELECT DISTINCT n.entry_id, n.posted_on FROM new_lines n LOOP
        SELECT e.posted_in INTO made_in FROM ledger_journalentry e
         WHERE e.id = line.entry_id AND e.posted_on = line.posted_on;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'there is no journal entry % of %', line.entry_id, line.posted_on
                USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'ledger_entry_exists';
        ELSIF made_in <> pg_current_xact_id() THEN
            RAISE EXCEPTION 'journal entry % is posted: lines cannot be added to it', line.entry_id
                USING ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER ledger_lines_balance AFTER INSERT ON ledger_journalline
    REFERENCING NEW TABLE AS new_lines FOR EACH STATEMENT EXECUTE FUNCTION ledger_lines_balance();

CREATE FUNCTION ledger_keep_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.code <> OLD.code THEN
        PERFORM pg_advisory_xact_lock(5497855412316);
        IF EXISTS (SELECT 1 FROM ledger_journalline WHERE account_id = OLD.code) THEN
            RAISE EXCEPTION 'account % has lines: it stays, under its code', OLD.code
                USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE TRIGGER ledger_account_stays BEFORE DELETE OR UPDATE OF code ON ledger_account
    FOR EACH ROW EXECUTE FUNCTION ledger_keep_account();

-- Taken back by:

DROP TRIGGER ledger_account_stays ON ledger_account;
DROP FUNCTION ledger_keep_account();
DROP FUNCTION ledger_lines_balance() CASCADE;
ALTER TABLE ledger_journalentry DROP COLUMN posted_in;
