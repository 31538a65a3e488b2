-- No entry is posted on or before the day the books are closed through, whichever way it comes. A booking shares an
-- advisory lock until its transaction ends; a closing takes it alone (closings_in_order.sql). So no booking that has
-- not been committed yet slips into a period that is being closed beside it.

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

-- Taken back by:

DROP FUNCTION ledger_refuse_closed_period() CASCADE;
