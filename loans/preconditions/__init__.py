"""What must be known before an application may be submitted, scored or decided: its purpose and the consents."""
