-- No rule but a layout: the night writes every position and every late instalment anew, and room left on a page lets
-- PostgreSQL write the new row beside the old one without touching an index (HOT). Positions are swept early, because
-- all of them change every night.

ALTER TABLE loans_loanposition SET (fillfactor = 45, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE loans_instalment SET (fillfactor = 80);

-- Taken back by:

ALTER TABLE loans_instalment RESET (fillfactor);
ALTER TABLE loans_loanposition RESET (fillfactor, autovacuum_vacuum_scale_factor);
