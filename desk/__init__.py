"""Staff pages that lay several apps side by side: my day, search, the borrower, the loan. No models and no rules here."""
