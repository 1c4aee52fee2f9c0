"""Collections and documents."""
