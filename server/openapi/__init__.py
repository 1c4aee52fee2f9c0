"""The description of an app's routes."""
