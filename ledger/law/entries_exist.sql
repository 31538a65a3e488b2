-- Whoever names an entry names one that is there: by its number and the day it was posted on, so that PostgreSQL looks in
-- one month. This stands in place of foreign keys, which would hold a month for ever; an entry is never changed or deleted,
-- so it is enough to look when it is named. The tables that name one ask from triggers of their own.

CREATE FUNCTION ledger_require_entry(number bigint, on_day date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF number IS NULL AND on_day IS NULL THEN
        RETURN;
    END IF;
    PERFORM 1 FROM ledger_journalentry WHERE id = number AND posted_on = on_day;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no journal entry % of %', number, on_day
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'ledger_entry_exists';
    END IF;
END $$;

-- Taken back by:

DROP FUNCTION ledger_require_entry(bigint, date);
