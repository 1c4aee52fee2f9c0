"""A mail of an outbox in the form that goes over the wire (RFC 5322)."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from tenancy.model.json import JsonObject


def message_of(mail: JsonObject, address: str) -> EmailMessage:
    """The mail as it goes out. Its headers refuse line breaks."""
    message = EmailMessage()
    # As an object: a text would be parsed, and a name with <…> in it become the address.
    message["From"] = Address(str(mail["fromName"]), addr_spec=address)
    message["To"] = str(mail["to"])
    message["Subject"] = str(mail["subject"])
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<{mail['id']}@{address.rpartition('@')[2].rstrip('>')}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    message.set_content(str(mail["text"]))
    if mail["html"]:
        message.add_alternative(str(mail["html"]), subtype="html")
    return message
