"""Rules: who may do what with a collection's documents."""
