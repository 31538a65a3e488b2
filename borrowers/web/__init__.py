"""Staff pages of borrowers."""
