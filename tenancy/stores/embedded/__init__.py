"""Documents in one SQLite file per tenant."""
