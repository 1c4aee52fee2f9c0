"""One tenant's use at this moment."""

from server.http.admission import Admission
from server.realtime.hub import Hub
from tenancy.context import TenantContext
from tenancy.model.json import JsonObject


async def used_now(context: TenantContext) -> JsonObject:
    """What is stored, and what is going on."""
    stored = await context.usage()
    hub, admission = context.attachments.find(Hub), context.attachments.find(Admission)
    return {
        "documents": stored.documents,
        "collections": len(context.documents.collections()),
        "databaseBytes": stored.database_bytes,
        "files": stored.files,
        "fileBytes": stored.file_bytes,
        "requests": admission.under_way if admission is not None else 0,
        "bodyBytes": admission.bodies.held if admission is not None else 0,
        "sockets": len(hub.clients) if hub is not None else 0,
        "subscriptions": hub.subscriptions if hub is not None else 0,
        "channels": len(hub.channels) if hub is not None else 0,
    }
