"""The log is append-only by law of the database, and every history row writes its event there."""

from django.db import migrations

REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('loandesk.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% on % is refused: rows are append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
"""

# before/after hold only what changed; bookkeeping columns and sealed personal data are left out or shown as sealed.
WRITE_EVENT = """
CREATE OR REPLACE FUNCTION audit_write_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now_row jsonb := to_jsonb(NEW);
    old_row jsonb;
    subject text := now_row ->> TG_ARGV[1];
    old_part jsonb := '{}';
    new_part jsonb := '{}';
BEGIN
    IF NEW.history_type = '~' THEN
        -- The key is a literal of the column's own type, so that its index is used whatever the type.
        EXECUTE format('SELECT to_jsonb(h) FROM %I h WHERE h.%I = %L AND h.history_id < $1 '
                       'ORDER BY h.history_id DESC LIMIT 1', TG_TABLE_NAME, TG_ARGV[1], subject)
            INTO old_row USING NEW.history_id;
    END IF;
    SELECT coalesce(jsonb_object_agg(n.key, coalesce(old_row -> n.key, 'null')) FILTER (WHERE old_row IS NOT NULL), '{}'),
           coalesce(jsonb_object_agg(n.key, n.value), '{}')
      INTO old_part, new_part
      FROM jsonb_each(now_row) n
     WHERE n.key NOT LIKE 'history\\_%' AND n.key NOT IN ('request_id', 'channel')
       AND n.key NOT LIKE '%\\_index' AND n.key <> 'password'
       AND n.value IS DISTINCT FROM (old_row -> n.key)
       AND (old_row IS NOT NULL OR n.value NOT IN ('null'::jsonb, '""'::jsonb));
    IF NEW.history_type = '~' AND new_part = '{}' AND coalesce(NEW.history_change_reason, '') = '' THEN
        RETURN NULL;
    END IF;
    INSERT INTO audit_auditevent
        (at, actor_id, channel, action, object_type, object_id, object_label, reason, request_id, before, after)
    VALUES (NEW.history_date, NEW.history_user_id, NEW.channel,
            CASE NEW.history_type WHEN '+' THEN 'created' WHEN '~' THEN 'changed' ELSE 'deleted' END,
            TG_ARGV[0], subject,
            left(coalesce(now_row ->> 'number', now_row ->> 'public_id', now_row ->> 'username', subject), 120),
            left(coalesce(NEW.history_change_reason, ''), 200), NEW.request_id,
            CASE WHEN NEW.history_type = '-' THEN new_part ELSE old_part END,
            CASE WHEN NEW.history_type = '-' THEN '{}'::jsonb ELSE new_part END);
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [
        migrations.RunSQL(REFUSE_CHANGE, "DROP FUNCTION audit_refuse_change() CASCADE"),
        migrations.RunSQL(WRITE_EVENT, "DROP FUNCTION audit_write_event() CASCADE"),
    ]
