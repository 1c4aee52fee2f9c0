"""HTTP/1.1 on the wire: a protocol for uvicorn that spends little on a request. See `connection.py`."""
