-- Running numbers for people, such as LN-2026-000418 (core/identifiers.py): one sequence a kind, so that two who draw
-- a number at the same moment never get the same one and never wait for each other.

CREATE SEQUENCE core_number_cu;  -- borrowers
CREATE SEQUENCE core_number_ap;  -- applications
CREATE SEQUENCE core_number_ln;  -- loans
CREATE SEQUENCE core_number_mn;  -- mandates
CREATE SEQUENCE core_number_rp;  -- repayments
CREATE SEQUENCE core_number_rf;  -- refunds

-- Taken back by:

DROP SEQUENCE core_number_rf;
DROP SEQUENCE core_number_rp;
DROP SEQUENCE core_number_mn;
DROP SEQUENCE core_number_ln;
DROP SEQUENCE core_number_ap;
DROP SEQUENCE core_number_cu;
