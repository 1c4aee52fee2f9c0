"""What a tenant can be restored from: its states at moments, each kept as what is new in it."""
