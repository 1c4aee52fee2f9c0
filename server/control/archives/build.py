"""From an archive to a state of a tenant: a database and blobs in a folder that nobody serves yet. Blocking."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from server.control.archives.checks import written
from server.control.archives.layout import RULED, documents_path
from server.control.archives.read import Archive, at_place
from server.hosting.portable import put_site
from tenancy.disk import sync_file
from tenancy.errors import AlreadyExists, Invalid, OverQuota, Place
from tenancy.lifecycle.seed import seed_definitions
from tenancy.model.clock import now_text
from tenancy.model.collection import Collection, check_collection_name
from tenancy.model.ids import new_id
from tenancy.model.json import JsonObject, dumps, trusted
from tenancy.model.schema import Validator, compile_schema
from tenancy.model.seeded import with_seeded
from tenancy.model.system import CREDENTIALS, DEFINITIONS, FILE_BLOBS, FILES, SITE, USERS
from tenancy.registry.spots import BLOBS, DATABASE
from tenancy.rules.definition import known_options, parse_collection
from tenancy.stores.embedded.create import create_database
from tenancy.stores.embedded.offline import Offline, offline
from tenancy.writes import Create


class Built(NamedTuple):
    """What came out of an archive. `unfit`: by collection, documents that its schema rejects."""

    documents: int
    files: int
    site_files: int
    unfit: dict[str, int]


class _Put(NamedTuple):
    documents: int
    unfit: int


def build(archive: Archive, folder: Path, most: int) -> Built:
    """Fill a folder that is empty but for the folder of blobs, with at most so many collections.

    Raises:
        Invalid: something in the archive is not what it must be; what is in the folder is worth nothing then.
        OverQuota: it has more collections.
    """
    _check_definitions(archive, most)
    create_database(folder / DATABASE, [Create(DEFINITIONS, one.name, one.to_json()) for one in seed_definitions()])
    with offline(folder / DATABASE) as documents:
        kinds = _Definitions(archive, documents)
        kinds.put()
        put = {
            name: _put_documents(archive, documents, name, kinds) for name in archive.collections if name != DEFINITIONS
        }
        _check_belonging(documents)
        _put_files(archive, documents, folder / BLOBS)
        sites = _put_site(archive, documents, folder / BLOBS)
    unfit = {name: one.unfit for name, one in put.items() if one.unfit}
    return Built(sum(one.documents for one in put.values()), len(archive.files), sites, unfit)


def _check_definitions(archive: Archive, most: int) -> None:
    """Each collection costs whoever opens the tenant. The manifest's number is held against the rows as they are read.

    Raises:
        OverQuota: there are more than a tenant may have.
    """
    said = archive.manifest.collections.get(DEFINITIONS, 0)  # files' and channels' are among them
    if said > most + len(RULED):
        hint = "Give the tenant a plan with a higher maxCollections, or raise the server's max_collections."
        raise OverQuota(f"The archive has {said - len(RULED)} collections; the tenant may have {most}.", hint=hint)


class _Definitions:
    """The definitions of an archive, held against those that a tenant has anyway."""

    def __init__(self, archive: Archive, documents: Offline) -> None:
        self._archive = archive
        self._documents = documents
        self.known: dict[str, Collection] = {}

    def put(self) -> None:
        """Have them in the database, so that documents find their indexes."""
        if DEFINITIONS not in self._archive.collections:
            return
        for text in self._archive.rows(DEFINITIONS):
            row = trusted(text)
            with at_place(f"{documents_path(DEFINITIONS)}, {row['id']}"):
                definition = self._read(row)
            if definition is not None:
                self.known[definition.name] = definition
                head = {name: row[name] for name in ("id", "createdAt", "updatedAt", "version", "owner")}
                self._documents.put(DEFINITIONS, written({**head, **definition.to_json()}))

    def _read(self, row: JsonObject) -> Collection | None:
        name = str(row["id"])
        body = {one: value for one, value in row.items() if one in {"name", "rules", "indexes", "schema", "fields"}}
        if row.get("name") != name:
            raise Invalid("The definition is not valid.", places=[Place("/name", "is not its id")])
        if name.startswith("_"):
            return self._ruled(name, body) if name in RULED else None
        check_collection_name(name, "/name")
        known_options({one: value for one, value in row.items() if one not in _HEAD}, *body)
        found = parse_collection(name, body)
        return replace(found, indexes=with_seeded(name, found.indexes))

    def _ruled(self, name: str, body: JsonObject) -> Collection:
        """Its rules; its indexes are ours."""
        found = parse_collection(name, {"rules": body.get("rules"), "fields": body.get("fields")})
        return replace(found, indexes=with_seeded(name, ()))


_HEAD: Final = frozenset({"id", "createdAt", "updatedAt", "version", "owner"})


class _Fit:
    """Counts documents that a schema rejects. They are no error: rules change, and documents stay (`existing=keep`)."""

    def __init__(self, fits: Validator) -> None:
        self._fits = fits
        self.unfit = 0

    def look(self, fields: JsonObject) -> None:
        if self._fits(fields):
            self.unfit += 1


def _put_documents(archive: Archive, documents: Offline, name: str, kinds: _Definitions) -> _Put:
    definition = kinds.known.get(name)
    if not name.startswith("_") and definition is None and name != USERS:
        raise Invalid(f"{documents_path(name)} is of a collection that the archive does not define.")
    schema = definition.schema if definition is not None else None
    fit = _Fit(compile_schema(schema)) if schema is not None else None
    count = 0
    for text in archive.rows(name, fit.look if fit is not None else None):
        try:
            documents.put(name, text)
        except AlreadyExists as error:
            id = trusted(text)["id"]
            raise Invalid(f"{documents_path(name)}: the document {id} has a value that must be unique.") from error
        count += 1
    return _Put(0 if name.startswith("_") else count, fit.unfit if fit is not None else 0)


def _check_belonging(documents: Offline) -> None:
    """Secrets are of users that there are."""
    users = {str(trusted(text)["id"]) for batch in documents.texts(USERS) for text in batch}
    for batch in documents.texts(CREDENTIALS):
        for text in batch:
            if str(trusted(text)["id"]) not in users:
                path = documents_path(CREDENTIALS)
                raise Invalid(
                    "The archive has secrets of a user whom it does not have.", places=[Place(path, "is wrong")]
                )


def _put_files(archive: Archive, documents: Offline, blobs: Path) -> None:
    """The bytes of files; each is what its row says, and none is without a row."""
    rows = {str(row["id"]): row for batch in documents.texts(FILES) for row in map(trusted, batch)}
    odd = sorted(set(archive.files) ^ set(rows))
    if odd:
        places = [Place(f"{FILE_BLOBS}{id}", "needs its bytes and its row, both") for id in odd[:10]]
        raise Invalid("The archive's files are not whole.", places=places)
    (blobs / FILE_BLOBS).mkdir(parents=True, exist_ok=True)
    for id, row in rows.items():
        path = f"{FILE_BLOBS}{id}"
        fact = archive.manifest.entries[path]
        if (row["size"], row["sha256"]) != (fact.size, fact.sha256):
            raise Invalid("The archive's files are not whole.", places=[Place(path, "is not what its row says")])
        _write(blobs / path, archive.pieces(path))


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    with path.open("xb") as file:
        for piece in pieces:
            file.write(piece)
        sync_file(file)


def _put_site(archive: Archive, documents: Offline, blobs: Path) -> int:
    members = archive.site
    if not members:
        return 0
    for path in members:
        archive.check_pieces(f"site/{path}")
    release, now = new_id(), now_text()
    fields = put_site(archive.zip, members, blobs, release)
    head: JsonObject = {"id": "current", "createdAt": now, "updatedAt": now, "version": 1, "owner": None}
    documents.put(SITE, dumps({**head, **fields}))
    return len(members)
