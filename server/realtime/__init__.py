"""Live queries and channels."""
