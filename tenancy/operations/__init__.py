"""Long work on tenants: written down before each step, so that a crash leaves it to be finished or taken back."""
