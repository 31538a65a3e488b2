"""Doors of the staff app: sign-in, own settings, the failure pages and the style page."""
