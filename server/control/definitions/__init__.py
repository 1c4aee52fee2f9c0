"""A tenant's definitions as one file: what its collections, rules and settings are, without documents and secrets."""
