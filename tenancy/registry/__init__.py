"""Which tenants there are, and which are open."""
