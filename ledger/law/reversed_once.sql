-- An entry is taken back once, whichever months the two lie in: months have no key over all of them, so the key stands in
-- a table of its own, filled by PostgreSQL itself whenever a reversal is booked. Two who take the same entry back at the
-- same moment meet there, and the second is refused.

CREATE FUNCTION ledger_note_reversals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM new_entries WHERE reverses_id IS NOT NULL OR reverses_posted_on IS NOT NULL) THEN
        PERFORM ledger_require_entry(reverses_id, reverses_posted_on) FROM new_entries
          WHERE reverses_id IS NOT NULL OR reverses_posted_on IS NOT NULL;
        INSERT INTO ledger_reversal (reversed_id, reversed_posted_on, entry_id, posted_on)
        SELECT reverses_id, reverses_posted_on, id, posted_on FROM new_entries WHERE reverses_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER ledger_entry_reversed_once AFTER INSERT ON ledger_journalentry
    REFERENCING NEW TABLE AS new_entries FOR EACH STATEMENT EXECUTE FUNCTION ledger_note_reversals();
CREATE TRIGGER ledger_reversal_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_reversal
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

-- Taken back by:

DROP TRIGGER ledger_reversal_immutable ON ledger_reversal;
DROP FUNCTION ledger_note_reversals() CASCADE;
