"""The providers that a tenant's users may sign in at: set by an API key, kept with their secrets, shown without."""

import re
from typing import Final

import msgspec

from server.identity.oauth.presets import PRESETS, Kind, Preset
from tenancy.context import TenantContext
from tenancy.errors import DocumentNotFound, Invalid, Place
from tenancy.model.json import Json, JsonObject, trusted
from tenancy.model.system import PROVIDERS
from tenancy.query.tree import Query
from tenancy.writes import Create, Delete, Update

MAX_PROVIDERS: Final = 20
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,38}\Z")
_URL: Final = re.compile(r"https?://[^\s/?#@\\]+(/[^\s?#\\]*)?\Z")
_SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}\Z")
_SECRETS: Final = ("client_secret", "private_key")
_RECEIVERS: Final = ("kind", "client_id", "issuer", "token_url")
_LONGEST: Final = 4000


class ProviderForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """The body of PUT /api/settings/providers/{provider}.

    `kind`: one of the presets, or `oidc` with an `issuer`, or `oauth2` with the three addresses; by default the preset
    that is called as the provider is. A secret that is left out stays as it was, as long as nothing changes whom it
    goes to; "" removes it. `team_id`, `key_id` and `private_key` (PEM) are Apple's, in place of a secret.
    """

    client_id: str
    client_secret: str | None = None
    kind: Kind | None = None
    label: str = ""
    enabled: bool = True
    issuer: str = ""
    authorize_url: str = ""
    token_url: str = ""
    userinfo_url: str = ""
    scopes: tuple[str, ...] = ()
    team_id: str = ""
    key_id: str = ""
    private_key: str | None = None


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """A provider as it is used: what the tenant said, completed by the preset."""

    name: str
    kind: Kind
    label: str
    enabled: bool
    client_id: str
    client_secret: str
    issuer: str
    authorize_url: str
    token_url: str
    userinfo_url: str
    scopes: tuple[str, ...]
    team_id: str
    key_id: str
    private_key: str


async def provider_of(context: TenantContext, name: str) -> Provider:
    """The provider of this name.

    Raises:
        DocumentNotFound: there is none, or it is switched off.
    """
    text = await context.documents.get(PROVIDERS, check_name(name))
    provider = _completed(name, _kept(text)) if text is not None else None
    if provider is None or not provider.enabled:
        raise _unknown()
    return provider


def check_name(name: str) -> str:
    """Accept the name of a provider in a path.

    Raises:
        DocumentNotFound: no provider can be called so.
    """
    if not _NAME.match(name):
        raise _unknown()
    return name


def _unknown() -> DocumentNotFound:
    hint = "GET /api/auth/providers lists those that there are."
    return DocumentNotFound("There is no such provider.", hint=hint)


async def enabled_providers(context: TenantContext) -> list[JsonObject]:
    """What a page for signing in needs to know: `{"name", "label", "kind"}`, by name."""
    return [
        {"name": one["name"], "label": one["label"], "kind": one["kind"]}
        for one in await all_providers(context)
        if one["enabled"]
    ]


async def all_providers(context: TenantContext) -> list[JsonObject]:
    """All providers as an API key sees them, without their secrets, by name."""
    page = await context.documents.find(PROVIDERS, Query(sort=((("id",), 1),), limit=MAX_PROVIDERS))
    return [_shown(_completed(str(trusted(text)["id"]), _kept(text))) for text in page.items]


async def put_provider(context: TenantContext, name: str, form: ProviderForm) -> JsonObject:
    """Set a provider, or change it.

    Raises:
        Invalid: with the places that do not fit.
    """
    before = await context.documents.get(PROVIDERS, name) if _NAME.match(name) else None
    kept = _kept(before) if before is not None else None
    form = msgspec.structs.replace(form, kind=form.kind or _kind_named(name))
    if kept is not None and any(getattr(kept, one) != getattr(form, one) for one in _RECEIVERS):
        kept = None  # a secret goes to nobody but who it was set for
    secrets = {one: value if (value := getattr(form, one)) is not None else getattr(kept, one, "") for one in _SECRETS}
    changed = msgspec.structs.replace(form, **secrets)
    checked_form(name, changed)
    if before is None and len(await all_providers(context)) >= MAX_PROVIDERS:
        raise Invalid(f"A tenant has at most {MAX_PROVIDERS} providers.")
    fields: JsonObject = {"form": msgspec.to_builtins(changed)}
    write = Update(PROVIDERS, name, fields, overwrite=True, otherwise=Create(PROVIDERS, name, fields))
    await context.documents.commit([write])
    return _shown(_completed(name, changed))


def checked_form(name: str, form: ProviderForm) -> ProviderForm:
    """Accept a provider.

    Raises:
        Invalid: with the places that do not fit.
    """
    places = _wrong(name, form)
    if places:
        raise Invalid("The provider is not valid.", places=places)
    return form


async def delete_provider(context: TenantContext, name: str) -> None:
    """Remove a provider. Users who signed in by it stay; they need another way in.

    Raises:
        DocumentNotFound: there is none.
    """
    await context.documents.commit([Delete(PROVIDERS, check_name(name))])


def _kind_named(name: str) -> Kind:
    return next((kind for kind in PRESETS if kind == name), "oidc")


def _kept(text: bytes) -> ProviderForm:
    return msgspec.convert(trusted(text)["form"], ProviderForm)


def _completed(name: str, form: ProviderForm) -> Provider:
    kind = form.kind or _kind_named(name)
    preset = PRESETS[kind]
    return Provider(
        name=name, kind=kind, label=form.label or preset.label or name, enabled=form.enabled, client_id=form.client_id,
        client_secret=form.client_secret or "", issuer=form.issuer or preset.issuer,
        authorize_url=form.authorize_url or preset.authorize_url, token_url=form.token_url or preset.token_url,
        userinfo_url=form.userinfo_url or preset.userinfo_url, scopes=form.scopes or preset.scopes,
        team_id=form.team_id, key_id=form.key_id, private_key=form.private_key or "",
    )  # fmt: skip


def _shown(provider: Provider) -> JsonObject:
    shown: JsonObject = msgspec.to_builtins(provider)
    camel = {_camel(name): value for name, value in shown.items() if name not in _SECRETS}
    return {**camel, "hasSecret": bool(provider.client_secret or provider.private_key)}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _wrong(name: str, form: ProviderForm) -> list[Place]:
    kind = form.kind or "oidc"
    found: list[Place] = []
    if not _NAME.match(name):
        found.append(Place("/name", "must be lower case letters, digits and -, at most 39, a letter first"))
    texts: dict[str, Json] = msgspec.to_builtins(form)
    for field, value in texts.items():
        if isinstance(value, str) and len(value) > _LONGEST:
            found.append(Place(f"/{field}", f"must have at most {_LONGEST} characters"))
    if not form.client_id.strip() or not form.client_id.isprintable():
        found.append(Place("/clientId", "is required: what the provider calls your application"))
    if not form.label.isprintable() or len(form.label) > 100:
        found.append(Place("/label", "must be at most 100 characters, without control characters"))
    if len(form.scopes) > 30 or not all(map(_SCOPE.match, form.scopes)):
        found.append(Place("/scopes", "must be at most 30 names without spaces"))
    found += _wrong_addresses(kind, form, PRESETS[kind])
    if kind == "apple" and not (form.team_id and form.key_id and form.private_key):
        found.append(Place("/privateKey", "is required with teamId and keyId: the key that Apple gave, as PEM"))
    return found


def _wrong_addresses(kind: Kind, form: ProviderForm, preset: Preset) -> list[Place]:
    addresses = {
        "issuer": form.issuer, "authorizeUrl": form.authorize_url, "tokenUrl": form.token_url,
        "userinfoUrl": form.userinfo_url,
    }  # fmt: skip
    found = [
        Place(f"/{field}", "must be an address such as https://id.example.com/path, without ? and #")
        for field, value in addresses.items()
        if value and not _URL.match(value)
    ]
    if kind == "oidc" and not form.issuer:
        found.append(Place("/issuer", "is required: the origin and path before /.well-known/openid-configuration"))
    if kind == "oauth2":
        found += [Place(f"/{field}", "is required") for field in list(addresses)[1:] if not addresses[field]]
    if form.issuer and not preset.issuer and kind != "oidc":
        found.append(Place("/issuer", "is for providers of OpenID Connect; kind says that this is none"))
    return found
