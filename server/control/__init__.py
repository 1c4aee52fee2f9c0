"""The control plane: administrators and tenants."""
