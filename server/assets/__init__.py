"""Browser code, built from web/ into this folder."""
