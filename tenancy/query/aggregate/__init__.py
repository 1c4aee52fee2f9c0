"""Aggregation: a pipeline of stages, parsed once and run over documents."""
