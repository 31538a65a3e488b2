-- A message is queued once for its key, in whichever month the repeat comes: a retry, a night closed again, two workers
-- at the same moment. Messages are laid by the month, and no index can be unique over months, so the keys stand in a
-- table of their own. A key numbers its message when it is taken (INSERT … ON CONFLICT DO NOTHING RETURNING message_id:
-- messaging/outbox.py); a message stored without that takes its key here, and fails on one that another message holds.
-- Keys only grow and what ties a message to its key never changes, so one key is one message. That the message another
-- one follows is there is asked here too: no foreign key can point at a table laid by the month. How the keys are looked up
-- is said here, by their index: PostgreSQL plans it once a session, for as many messages as come first, and one that began
-- with a night's would read all keys for every single message after it.

ALTER TABLE messaging_messagekey ALTER message_id SET DEFAULT nextval('messaging_message_id_seq');
DROP INDEX messaging_messagekey_dedupe_key_0bc59835_like;  -- nobody looks for the beginning of a key

CREATE FUNCTION messaging_hold_keys() RETURNS trigger LANGUAGE plpgsql
    SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
BEGIN
    INSERT INTO messaging_messagekey (dedupe_key, message_id, created_on)
    SELECT q.dedupe_key, q.id, q.created_on FROM queued q
     WHERE NOT EXISTS (SELECT 1 FROM messaging_messagekey k
                        WHERE k.dedupe_key = q.dedupe_key AND k.message_id = q.id AND k.created_on = q.created_on);
    RETURN NULL;
END $$;

CREATE TRIGGER messaging_one_message_a_key AFTER INSERT ON messaging_message
    REFERENCING NEW TABLE AS queued FOR EACH STATEMENT EXECUTE FUNCTION messaging_hold_keys();

CREATE TRIGGER messaging_message_keeps_its_key BEFORE UPDATE OF id, dedupe_key, created_on ON messaging_message
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();

CREATE TRIGGER messaging_keys_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON messaging_messagekey
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();

CREATE FUNCTION messaging_require_followed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM messaging_message m WHERE m.id = NEW.follows_id) THEN
        RAISE EXCEPTION 'message % follows %, which is not there', NEW.id, NEW.follows_id
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'messaging_message_follows';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER messaging_message_follows AFTER INSERT OR UPDATE OF follows_id ON messaging_message
    FOR EACH ROW WHEN (NEW.follows_id IS NOT NULL) EXECUTE FUNCTION messaging_require_followed();

-- Taken back by:

DROP FUNCTION messaging_require_followed() CASCADE;  -- each month has its own copy of the guards
DROP TRIGGER messaging_keys_only_grow ON messaging_messagekey;
DROP TRIGGER messaging_message_keeps_its_key ON messaging_message;
DROP FUNCTION messaging_hold_keys() CASCADE;
CREATE INDEX messaging_messagekey_dedupe_key_0bc59835_like ON messaging_messagekey (dedupe_key varchar_pattern_ops);
ALTER TABLE messaging_messagekey ALTER message_id DROP DEFAULT;
