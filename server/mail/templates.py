"""The texts of mails. A variable is `${name}`; in HTML its value is escaped, in a subject it has one line."""

from collections.abc import Mapping
from html import escape
from string import Template
from typing import Final, Literal, NamedTuple

from tenancy.errors import Invalid, Place

Kind = Literal["verify", "reset", "code", "invite", "email-change", "email-changed", "password-changed"]
VARIABLES: Final[Mapping[Kind, tuple[str, ...]]] = {
    "verify": ("app", "email", "link", "hours"),
    "reset": ("app", "email", "link", "minutes"),
    "code": ("app", "email", "code", "link", "minutes"),
    "invite": ("app", "email", "link", "days"),
    "email-change": ("app", "email", "link", "hours"),
    "email-changed": ("app", "email", "newEmail"),
    "password-changed": ("app", "email"),
}
_MOST: Final[Mapping[str, int]] = {"subject": 200, "text": 20_000, "html": 100_000}


class MailTemplate(NamedTuple):
    """One mail's texts; without `html` the text is all there is."""

    subject: str
    text: str
    html: str = ""


class Rendered(NamedTuple):
    """A mail as it is sent."""

    subject: str
    text: str
    html: str


DEFAULTS: Final[Mapping[Kind, MailTemplate]] = {
    "verify": MailTemplate(
        "Confirm your e-mail address for ${app}",
        "Please confirm that ${email} is your address:\n\n${link}\n\nThe link is good for ${hours} hours. "
        "If you did not ask for this, you need not do anything.\n",
    ),
    "reset": MailTemplate(
        "Choose a new password for ${app}",
        "Somebody, you we hope, has forgotten the password of ${email} for ${app}. Choose a new one here:\n\n"
        "${link}\n\nThe link is good for ${minutes} minutes, and once. "
        "If it was not you, your password stays as it is.\n",
    ),
    "code": MailTemplate(
        "${code} is your code for ${app}",
        "Your code for ${app} is\n\n${code}\n\nor follow this link to sign in:\n\n${link}\n\nBoth are good for "
        "${minutes} minutes, and once. If you did not ask for this, you need not do anything.\n",
    ),
    "invite": MailTemplate(
        "You are invited to ${app}",
        "You are invited to have an account at ${app}. Choose a password here:\n\n${link}\n\n"
        "The link is good for ${days} days, and once.\n",
    ),
    "email-change": MailTemplate(
        "Confirm your new e-mail address for ${app}",
        "Please confirm that ${email} is to be your address for ${app}:\n\n${link}\n\nThe link is good for ${hours} "
        "hours. If you did not ask for this, you need not do anything.\n",
    ),
    "email-changed": MailTemplate(
        "Your e-mail address for ${app} has changed",
        "Your account at ${app} belongs to ${newEmail} now, and no longer to ${email}. If it was not you, ask whoever "
        "runs ${app} for help.\n",
    ),
    "password-changed": MailTemplate(
        "Your password for ${app} has changed",
        "The password of ${email} for ${app} was changed, and all other devices were signed out. If it was not you, "
        "choose a new one at once by \"forgot password\".\n",
    ),
}  # fmt: skip


def checked_template(kind: Kind, template: MailTemplate) -> MailTemplate:
    """Accept a tenant's own template.

    Raises:
        Invalid: it is too long, has no subject or text, or a variable that the mail does not have.
    """
    places: list[Place] = []
    for name, value in template._asdict().items():
        if len(value) > _MOST[name] or (not value.strip() and name != "html"):
            places.append(Place(f"/{name}", f"must have at most {_MOST[name]} characters, and not be empty"))
        parsed = Template(value)
        unknown = [known for known in parsed.get_identifiers() if known not in VARIABLES[kind]]
        if unknown or not parsed.is_valid():
            known = " ".join(f"${{{one}}}" for one in VARIABLES[kind])
            places.append(Place(f"/{name}", f"has a variable that is none; known here: {known}; a $ is written $$"))
    if "\n" in template.subject or "\r" in template.subject:
        places.append(Place("/subject", "must be one line"))
    if places:
        raise Invalid("The template is not valid.", places=places)
    return template


def render(template: MailTemplate, values: Mapping[str, str]) -> Rendered:
    """The texts with the values in them."""
    plain = {name: " ".join(value.split()) for name, value in values.items()}  # no value breaks a line
    safe = {name: escape(value) for name, value in plain.items()}
    html = Template(template.html).substitute(safe) if template.html else ""
    return Rendered(Template(template.subject).substitute(plain), Template(template.text).substitute(plain), html)
