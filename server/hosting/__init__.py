"""The tenant's site and SDK."""
