-- A message is about a borrower who is there. A foreign key would ask for each message by itself, which for a night's
-- reminders takes as long as writing them; here they are asked for together, as they are stored. A borrower with messages
-- is not deleted: who deletes one first waits for all that are being stored, so that none can slip in beside it.

CREATE FUNCTION messaging_require_borrowers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    missing bigint;
BEGIN
    SELECT q.borrower_id INTO missing FROM queued q
     WHERE NOT EXISTS (SELECT 1 FROM borrowers_borrower b WHERE b.id = q.borrower_id) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'a message is to borrower %, who is not there', missing
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'messaging_message_borrower';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER messaging_message_borrower AFTER INSERT ON messaging_message
    REFERENCING NEW TABLE AS queued FOR EACH STATEMENT EXECUTE FUNCTION messaging_require_borrowers();

CREATE TRIGGER messaging_message_keeps_its_borrower BEFORE UPDATE OF borrower_id ON messaging_message
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();

CREATE FUNCTION messaging_keep_borrowers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    written_to bigint;
BEGIN
    LOCK TABLE messaging_message IN SHARE ROW EXCLUSIVE MODE;
    SELECT g.id INTO written_to FROM gone g
     WHERE EXISTS (SELECT 1 FROM messaging_message m WHERE m.borrower_id = g.id) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'borrower % has messages and is not deleted', written_to
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'messaging_message_borrower';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER messaging_borrowers_stay AFTER DELETE ON borrowers_borrower
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION messaging_keep_borrowers();

-- Taken back by:

DROP FUNCTION messaging_keep_borrowers() CASCADE;
DROP FUNCTION messaging_require_borrowers() CASCADE;  -- each month has its own copy of the guards
DROP TRIGGER messaging_message_keeps_its_borrower ON messaging_message;
