-- What was accrued for a loan and by each night, how it moved from one bucket or risk class to another, and how a repayment was
-- divided is only ever added: the books were posted from these rows, and a correction is a row more.

CREATE TRIGGER loans_accrual_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON loans_accrual
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER loans_nightaccrual_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON loans_nightaccrual
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER loans_transition_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON loans_loantransition
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER loans_repaymentline_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON loans_repaymentline
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();

-- Taken back by:

DROP TRIGGER loans_repaymentline_append_only ON loans_repaymentline;
DROP TRIGGER loans_transition_append_only ON loans_loantransition;
DROP TRIGGER loans_nightaccrual_append_only ON loans_nightaccrual;
DROP TRIGGER loans_accrual_append_only ON loans_accrual;
