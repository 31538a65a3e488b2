-- Whom a collector tried to reach, when and with what outcome, and what happened to a case, is evidence in a dispute:
-- it is added and never changed, deleted or emptied away.

CREATE TRIGGER collections_contact_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON collections_contactattempt
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER collections_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON collections_caseevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();

-- Taken back by:

DROP TRIGGER collections_event_append_only ON collections_caseevent;
DROP TRIGGER collections_contact_append_only ON collections_contactattempt;
