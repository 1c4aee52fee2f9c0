"""Who calls, and from where."""

from tenancy.errors.base import BackpackError, Refused


class BadHost(Refused):
    """The Host header is missing, doubled or malformed."""

    status, code, title = 400, "bad_host", "The Host header is not valid"
    hint = "Send exactly one Host header with the tenant's name."


class WrongHost(Refused):
    """The host is not one of this server's."""

    status, code, title = 421, "wrong_host", "This server does not serve that host"
    hint = "Use NAME.<base domain>; the setting base_domain says which."


class HeadersTooLarge(Refused):
    """The request's headers are over their limit."""

    status, code, title = 431, "headers_too_large", "The request's headers are too large"
    hint = "Send fewer or smaller headers."


class Unauthenticated(Refused):
    """The request needs a signed-in user or a key."""

    status, code, title = 401, "authentication_required", "Sign in first"
    hint = "Log in at /api/auth/login and send the token as Authorization: Bearer TOKEN."


class SessionInvalid(Unauthenticated):
    """The credential is unknown, over, or of another tenant."""

    code, title = "session_invalid", "The session or key is not valid"
    hint = "Log in again; an API key is only good at the tenant that it was made with."


class WrongCredentials(Unauthenticated):
    """E-mail or password is wrong; which of them is never said."""

    code, title = "wrong_credentials", "E-mail or password is wrong"
    hint = "Check both, or register first."


class SecondFactorRequired(Unauthenticated):
    """The first factor is right, and the account has a second."""

    code, title = "second_factor_required", "The second factor is missing"
    hint = "Send the code of the authenticator application, or a recovery code, as totp beside the rest."


class TokenInvalid(Refused):
    """A token of a mail's link was used, is over, or is for something else."""

    status, code, title = 400, "token_invalid", "The link is not valid any more"
    hint = "Ask for a new mail; a link is good once, and for a time."


class SignInCancelled(Refused):
    """The user did not go on at the provider."""

    status, code, title = 400, "sign_in_cancelled", "The sign-in was cancelled"
    hint = "Begin anew, or sign in another way."


class ProviderFailed(BackpackError):
    """What a sign-in provider answers is not what it must be, or it does not answer."""

    status, code, title = 502, "provider_failed", "The sign-in provider did not answer as it should"
    hint = "Try again; if it stays, check the provider's settings at GET /api/settings/providers."


class Forbidden(Refused):
    """The caller is known and may not do this."""

    status, code, title = 403, "forbidden", "This is not allowed"
    hint = "The collection's rules decide this; an API key passes them."


class FieldHidden(Forbidden):
    """The request asks by a field that the caller does not see."""

    code, title = "field_hidden", "A field is hidden from you"
    hint = "Leave the field out of filter and sort; the collection's rules of fields decide who sees it."


class NotVerified(Forbidden):
    """The account's e-mail address has to be confirmed first."""

    code, title = "not_verified", "Confirm the e-mail address first"
    hint = "Follow the link in the mail, or ask for a new one at POST /api/auth/verify/request."


class AccountDisabled(Forbidden):
    """The account may not be used."""

    code, title = "account_disabled", "The account is disabled"
    hint = "Ask whoever runs the application."


class SignUpClosed(Forbidden):
    """Nobody may register here, or nobody with such an address."""

    code, title = "sign_up_closed", "Registration is not open"
    hint = "Accounts are made by whoever runs the application; the tenant's settings decide it."


class WrongOrigin(Forbidden):
    """A cookie-authenticated write came from another origin."""

    code, title = "wrong_origin", "A cookie is only accepted from the tenant's own origin"
    hint = "From another origin, send the session token as Authorization: Bearer TOKEN instead of the cookie."
