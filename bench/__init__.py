"""Benchmarks: `python -m bench` measures Backpack, by itself and beside others, and prints tables."""
