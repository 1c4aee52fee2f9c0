"""E-mail addresses: checked in form, kept in one spelling."""

from email_validator import EmailNotValidError, validate_email

from tenancy.errors import Invalid, Place

_MAX_LENGTH = 254


def spelled(typed: str) -> str:
    """An address as users type it, in the spelling that it is kept in. Its form is not looked at."""
    return typed.strip().lower()


def parse_email(text: str) -> str:
    """The address in lower case; nothing is asked of the network.

    Raises:
        Invalid: not an address.
    """
    try:
        if len(text) > _MAX_LENGTH:
            raise EmailNotValidError("too long")
        checked = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise Invalid(
            "The e-mail address is not valid.", places=[Place("/email", "is not an e-mail address")]
        ) from None
    return checked.normalized.lower()
