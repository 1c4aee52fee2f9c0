"""What the row of a tenant's own mail in an archive has to be."""

import msgspec

from server.mail.templates import VARIABLES, MailTemplate, checked_template
from tenancy.errors import Invalid, Place
from tenancy.model.document import client_part
from tenancy.model.json import JsonObject


class _Row(msgspec.Struct, forbid_unknown_fields=True):
    subject: str
    text: str
    html: str = ""


def check_own_template(row: JsonObject) -> None:
    """Accept the texts of a mail.

    Raises:
        Invalid: there is no such mail, or they are not valid.
    """
    kind = next((known for known in VARIABLES if known == row["id"]), None)
    if kind is None:
        raise Invalid("The template is not valid.", places=[Place("/id", f"must be one of {', '.join(VARIABLES)}")])
    try:
        kept = msgspec.convert(client_part(row), _Row)
    except msgspec.ValidationError as error:
        raise Invalid("The template is not valid.", places=[Place("", str(error))]) from None
    checked_template(kind, MailTemplate(kept.subject, kept.text, kept.html))
