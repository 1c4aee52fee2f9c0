"""Speaks HTTP and WebSocket: a small kit in `http`, then one slice an area."""
