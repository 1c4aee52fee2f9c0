"""One tenant as one file: `NAME.backpack`, a zip. What is in it is in docs/archive.md."""
