"""Staff: the people who work at the desk, their roles and how they sign in."""
