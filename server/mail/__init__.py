"""Mail: from a template to an outbox that survives restarts, and from there to a server."""
