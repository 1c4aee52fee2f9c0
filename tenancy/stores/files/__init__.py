"""Bytes as files."""
