"""Documents in one MongoDB database per tenant.

MongoDB keeps, finds and sorts; what a filter, an order or a write means is decided by the same code as in the embedded
engine (tenancy.query, tenancy.stores.common). So the two cannot differ where servers do: null and missing fields,
arrays in arrays, compound indexes over two arrays, the order of empty arrays.

The database `backpack_<id of the tenant>` holds

    meta      one document: epoch, the log's position, a revision that each transaction raises, numbers given out
    catalog   a document for each collection: its number, its name, how many documents it has, its indexes
    d<n>      the documents of the collection with the number n (see `keys`)
    changes   the change log; its position is the _id
    receipts  what commits with an Idempotency-Key came to
    pending   on a server without transactions: what is being written (see `persist`)

Guarantees on a replica set, one server included: a commit is one transaction of documents, index keys, change log and
receipt, acknowledged by a majority that has it in its journal. Several processes may write; a commit that meets
another is done again. Pinned pages and scans are snapshots.

On a standalone server: a commit is all or nothing too, also after a crash, and acknowledged when it is in the journal,
by a log of its own (see `persist`). A list may see a part of a commit that is being done, a pinned page does not. A
scan sees each document as it is when its batch is read. One process at a time may have the tenant open.
"""
