"""What a tenant uses now, beside what it may."""
