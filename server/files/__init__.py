"""Files and their metadata."""
