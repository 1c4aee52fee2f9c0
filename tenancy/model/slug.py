"""Names of tenants.

A name becomes the leftmost label of a host name, so it is a lower-case LDH label (RFC 1123 section 2.1). `--` is
refused: it marks internationalised names (`xn--`), where two spellings can look alike, and is ours to use for
previews (`shop--pr-12`). Three characters at least, 40 at most, so that a preview's name still fits into the 63 of a
label.
"""

import re
from typing import NewType

from tenancy.errors import Invalid, Place

Slug = NewType("Slug", str)
TenantId = NewType("TenantId", str)

_SLUG = re.compile(r"[a-z](?:[a-z0-9-]{1,38}[a-z0-9])\Z")

_RESERVED_WORDS = (
    "abuse account accounts admin administrator api app apps assets auth autoconfig autodiscover backpack "
    "billing blog cdn console control dashboard dev dns docs download email ftp git help hostmaster imap import "
    "internal isatap login local localhost logout mail media metrics mx news ns ns1 ns2 oauth panel pop "
    "postmaster preview prod proxy register root security sftp signin signup smtp ssh sso staging static "
    "status support system test tests traefik usenet webmail webmaster wpad www "
)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,18}[a-z0-9])?\Z")
RESERVED = frozenset(_RESERVED_WORDS.split())


def parse_slug(text: object, path: str = "/name") -> Slug:
    """Accept a tenant's name; `path`: where it stands in the input.

    Raises:
        Invalid: not of the form, or reserved.
    """
    if not isinstance(text, str) or not _SLUG.match(text) or "--" in text:
        form = "must be 3 to 40 of a-z, 0-9 and -, begin with a letter, end with a letter or digit and have no --"
        raise Invalid("The name cannot be a tenant's.", places=[Place(path, form)])
    if text in RESERVED:
        raise Invalid("The name is reserved.", hint="Choose another name.", places=[Place(path, "is reserved")])
    return Slug(text)


def parse_preview(parent: Slug, label: object) -> Slug:
    """The name of a preview of a tenant: `shop--pr-12` for the label `pr-12`.

    Raises:
        Invalid: the label is not of the form.
    """
    if not isinstance(label, str) or not _LABEL.match(label) or "--" in label:
        form = "must be 1 to 20 of a-z, 0-9 and -, begin and end with a letter or digit and have no --"
        raise Invalid("The label cannot be a preview's.", places=[Place("/label", form)])
    return Slug(f"{parent}--{label}")
