"""The proof that tenants cannot see or change each other, and that it would be seen if they could."""
