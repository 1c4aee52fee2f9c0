"""The kit: what every area needs to speak HTTP, and nothing that belongs to an area."""
