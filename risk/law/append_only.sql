-- Why a loan was approved or declined, and each change of a borrower's limit, is evidence: it is added and never
-- changed, deleted or emptied away.

CREATE TRIGGER risk_assessment_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON risk_assessment
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER risk_limitchange_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON risk_limitchange
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();

-- Taken back by:

DROP TRIGGER risk_limitchange_append_only ON risk_limitchange;
DROP TRIGGER risk_assessment_append_only ON risk_assessment;
