-- No rule but a layout: the figures of every open case move each night, and room left on a page lets PostgreSQL write
-- the new row beside the old one without touching an index (HOT), which keeps those updates short.

ALTER TABLE collections_case SET (fillfactor = 70);

-- Taken back by:

ALTER TABLE collections_case RESET (fillfactor);
