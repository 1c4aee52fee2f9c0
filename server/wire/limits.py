"""How much and how long a client may take. Sizes are in bytes, times in seconds."""

# Of a request. RFC 9112, 3 asks for request lines of at least 8000 bytes; RFC 6585, 5 names the answer to too much.
MAX_HEAD = 64 * 1024
MAX_FIELDS = 100
MAX_TARGET = 16 * 1024

# Body that waits for the app; above it, nothing more is read from the socket.
BODY_BUFFER = 64 * 1024
# Body that nobody asked for, read after the answer to keep the connection; with more of it the connection is closed.
DRAIN = 64 * 1024
# A body up to this size is copied behind its head, so that both are one buffer.
JOIN = 64 * 1024

# From the first byte of a request, or from the connection, to the end of its head.
HEAD_S = 10.0
# A body brings at least BODY_RATE bytes a second, averaged over each window.
BODY_WINDOW_S = 20.0
BODY_RATE = 1024
# An answer that the client does not read.
UNREAD_S = 30.0
# Reading on after the last answer, so that a reset does not overtake it (RFC 9112, 9.6).
LINGER_S = 2.0
# How often deadlines are looked at: what is late is found this much later.
SWEEP_S = 1.0
# Bytes that are parsed before it is looked whether requests wait already.
PORTION = 1024
