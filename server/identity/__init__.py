"""Accounts: registration, sessions, keys."""
