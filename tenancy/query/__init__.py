"""The query language: parsed once to a typed tree, decided by one matcher, ordered by binary keys."""
