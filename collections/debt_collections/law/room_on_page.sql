-- No rule but a layout: the figures of every open case move each night, and room left on a page lets PostgreSQL write
-- the new row beside the old one without touching an index (HOT), which keeps those updates short. A row that does touch
-- one touches all, so there is none too many: nobody looks for the beginning of a case's number.

ALTER TABLE collections_case SET (fillfactor = 45);
DROP INDEX collections_case_public_id_08262b44_like;

-- Taken back by:

CREATE INDEX collections_case_public_id_08262b44_like ON collections_case (public_id varchar_pattern_ops);
ALTER TABLE collections_case RESET (fillfactor);
