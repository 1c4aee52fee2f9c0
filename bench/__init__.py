"""Benchmarks: `python -m bench` measures Backpack beside PocketBase and prints tables."""
