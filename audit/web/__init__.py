"""Doors of the audit app: the log and the inbox of requests that wait for a second person."""
