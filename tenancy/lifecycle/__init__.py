"""What happens to whole tenants."""
