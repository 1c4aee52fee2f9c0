"""How counts are said."""


def counted(count: int, one: str) -> str:
    """A count and what is counted: `1 document`, `2 documents`."""
    return f"{count} {one}" if count == 1 else f"{count} {one}s"
