-- What is posted stays posted: no entry of the journal and none of its lines is ever changed, deleted or emptied
-- away; it is corrected by a reversal. Tests, and nobody else, may empty the tables: they say so by
-- loandesk.allow_truncate. A statement-level trigger costs next to nothing. Each month has a copy of it
-- (core/partitions.py), for statements that name the month.

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

-- Taken back by:

DROP FUNCTION ledger_refuse_change() CASCADE;  -- each month has its own copy of the guards
