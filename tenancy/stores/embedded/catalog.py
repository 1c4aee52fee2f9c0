"""The catalog as it is stored in the SQLite file."""

from collections.abc import Iterator

import apsw

from tenancy.model.collection import Collection, Index
from tenancy.model.json import dumps, trusted
from tenancy.model.system import DEFINITIONS
from tenancy.rules.definition import parse_collection
from tenancy.stores.common.catalog import Catalog, CollectionState, IndexState, catalog_of
from tenancy.stores.embedded.layout import rows


def load_catalog(connection: apsw.Connection) -> Catalog:
    """Read the catalog of an opened database."""
    indexes: dict[int, list[IndexState]] = {}
    for ix, cid, spec, multikey, built in rows(
        connection, "SELECT ix, cid, spec, multikey, built FROM indexes ORDER BY ix"
    ):
        parsed = parse_collection("", {"indexes": [trusted(spec)]}).indexes[0]
        indexes.setdefault(cid, []).append(IndexState(ix, parsed, bool(multikey), built))
    definitions = dict(_definitions(connection))
    states: dict[str, CollectionState] = {}
    for cid, name in rows(connection, "SELECT cid, name FROM collections"):
        definition = definitions.get(name) or Collection(name)
        states[name] = CollectionState(cid, name, definition, tuple(indexes.get(cid, ())))
    return catalog_of(states)


def _definitions(connection: apsw.Connection) -> Iterator[tuple[str, Collection]]:
    sql = "SELECT d.id, d.json FROM collections c JOIN documents d USING (cid) WHERE c.name = ?"
    for name, text in rows(connection, sql, (DEFINITIONS,)):
        yield name, parse_collection(name, trusted(text))


def index_spec(index: Index) -> bytes:
    """How an index is stored."""
    return dumps(index.to_json())
