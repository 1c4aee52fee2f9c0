"""What every engine shares, so that none can differ in it: plans, index keys, what a write makes of a document."""
