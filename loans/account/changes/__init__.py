"""What people change about a running loan: each change one frozen value with ``apply`` (pure: no clock, no database; of
Django only the words of a refusal).

A change is kept as a row (``LoanAct``) and applied in date order with the payments (``loans.account.replay``), so that a
payment told of later, a reversal or an undo always ends in the same books. What a change is called, who may make it
and what is asked for on its page stands in ``loans.acts``.
"""
