"""The SQLite file of one tenant: its tables and how it is opened.

    documents   the JSON text that is answered, by collection and id
    indexes     `built`: the last document that is in one that is still being built, NULL when it is ready
    entries     index entries: order-preserving keys (tenancy.query.order) that end with the document's id
    changes     the change log, written in the same transaction as the documents
    receipts    what commits with an Idempotency-Key came to
    garbage     collections and indexes whose rows are still to be removed; their numbers are never used again

SQLite before 3.51.3 can lose commits in WAL mode when two connections meet a checkpoint; apsw carries its own, newer
SQLite. Every process that opens a tenant's file has to use apsw. Source: https://sqlite.org/wal.html
"""

import secrets
from pathlib import Path
from typing import Any

import apsw

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) WITHOUT ROWID;
CREATE TABLE collections (cid INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
                          documents INTEGER NOT NULL DEFAULT 0);
CREATE TABLE indexes (ix INTEGER PRIMARY KEY AUTOINCREMENT, cid INTEGER NOT NULL, spec BLOB NOT NULL,
                      multikey INTEGER NOT NULL, built INTEGER);
CREATE TABLE documents (rid INTEGER PRIMARY KEY, cid INTEGER NOT NULL, id TEXT NOT NULL, json BLOB NOT NULL,
                        UNIQUE (cid, id));
CREATE TABLE entries (ix INTEGER NOT NULL, key BLOB NOT NULL, rid INTEGER NOT NULL,
                      PRIMARY KEY (ix, key)) WITHOUT ROWID;
CREATE TABLE changes (seq INTEGER PRIMARY KEY, op TEXT NOT NULL, collection TEXT NOT NULL, id TEXT NOT NULL,
                      version INTEGER NOT NULL, before BLOB, after BLOB, at INTEGER NOT NULL);
CREATE TABLE receipts (key TEXT PRIMARY KEY, mark TEXT NOT NULL, at INTEGER NOT NULL,
                       result BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX receipts_at ON receipts (at);
CREATE TABLE garbage (kind TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (kind, number)) WITHOUT ROWID;
"""
FORMAT = 1
_CACHE_KIB = 8192


def create_file(path: Path) -> None:
    """Make an empty database file. Blocking."""
    connection = apsw.Connection(str(path))
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        with connection:
            connection.execute(SCHEMA)
            connection.execute("INSERT INTO meta VALUES ('format', ?), ('epoch', ?)", (FORMAT, secrets.token_hex(8)))
    finally:
        connection.close()


def open_file(path: Path, *, write: bool) -> apsw.Connection:
    """Open an existing database file for the writer or for a reader.

    Raises:
        FileNotFoundError: there is none.
        RuntimeError: it was written by a newer Backpack.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    flags = apsw.SQLITE_OPEN_READWRITE if write else apsw.SQLITE_OPEN_READONLY
    connection = apsw.Connection(str(path), flags=flags, statementcachesize=64)
    connection.set_busy_timeout(5000)
    connection.execute(f"PRAGMA synchronous=FULL; PRAGMA cache_size=-{_CACHE_KIB}; PRAGMA temp_store=MEMORY")
    found = connection.execute("SELECT value FROM meta WHERE key='format'").get
    if found != FORMAT:
        connection.close()
        raise RuntimeError(f"{path} has format {found}; this version of Backpack reads format {FORMAT}")
    return connection


def limit_page_memory(size: int) -> None:
    """Let the connections of this process together hold about so many bytes of pages; 0 for any number.

    Beyond it a connection reuses the memory of its own pages. Source: https://sqlite.org/c3ref/hard_heap_limit64.html
    """
    apsw.soft_heap_limit(size)


def used_bytes(connection: apsw.Connection) -> int:
    """Bytes of the database's pages that hold something, as this connection sees them; not of its log."""
    used, size = connection.execute(
        "SELECT p.page_count - f.freelist_count, s.page_size "
        "FROM pragma_page_count p, pragma_freelist_count f, pragma_page_size s"
    ).fetchone() or (0, 0)
    return int(used) * int(size)


def rows(connection: apsw.Connection, sql: str, bindings: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """All rows of a statement; their types are those of our own tables."""
    return connection.execute(sql, bindings).fetchall()
