"""A provider of OpenID Connect on a real socket that can be made to lie in every answer."""

import asyncio
import base64
import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.app import Tenant

CLIENT = "client-1"
SECRET = "secret of the client"
SUBJECT = {"sub": "s1", "email": "ann@example.com", "email_verified": True, "name": "Ann"}


@cache
def rsa_key(kid: str) -> RSAKey:
    """Made once: it takes a tenth of a second."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@dataclass
class Grant:
    """What a code was given for."""

    claims: dict[str, Any]
    challenge: str
    redirect_uri: str


@dataclass
class FakeProvider:
    """Honest until something is changed."""

    port: int = 0
    key: RSAKey = field(default_factory=lambda: rsa_key("k1"))
    published: list[RSAKey] = field(default_factory=list[RSAKey])
    listed: list[Any] | None = None
    """Answered in place of the published keys."""
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    """Merged into the discovery document."""
    userinfo: Any = None
    emails: Any = None
    sign: Callable[[dict[str, Any]], str] | None = None
    token: Callable[[], Response] | None = None
    """Answers in place of the token endpoint."""
    grants: dict[str, Grant] = field(default_factory=dict[str, Grant])
    last: dict[str, Any] = field(default_factory=dict[str, Any])
    """The claims of the code that was traded in last."""
    asked: list[str] = field(default_factory=list[str])

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def grant(self, url: str, claims: dict[str, Any]) -> str:
        """What a browser that goes to `url` brings back: a code for these claims."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256", asked
        code = secrets.token_urlsafe(16)
        now = int(time.time())
        made = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, **claims}
        if "nonce" in asked:
            made.setdefault("nonce", asked["nonce"])
        made = {name: value for name, value in made.items() if value is not None}
        self.grants[code] = Grant(made, asked["code_challenge"], asked["redirect_uri"])
        return code

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/token", self._token, methods=["POST"]),
                Route("/jwks", self._jwks),
                Route("/userinfo", self._userinfo),
                Route("/userinfo/emails", self._emails),
            ]
        )

    async def _discovery(self, request: Request) -> Response:
        self.asked.append("discovery")
        said = {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
        }  # fmt: skip
        return JSONResponse({**said, **self.metadata})

    async def _jwks(self, request: Request) -> Response:
        self.asked.append("jwks")
        if self.listed is not None:
            return JSONResponse({"keys": self.listed})
        return JSONResponse({"keys": [key.as_dict(private=False) for key in self.published or [self.key]]})

    async def _token(self, request: Request) -> Response:
        self.asked.append("token")
        if self.token is not None:
            return self.token()
        form = dict(await request.form())
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET.replace(' ', '%20')}".encode()).decode()
        plain = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        by_body = (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        assert request.headers.get("authorization") in {basic, plain} or by_body, dict(request.headers)
        given = self.grants.pop(str(form.get("code")), None)
        digest = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if given is None or given.challenge != challenge or form.get("redirect_uri") != given.redirect_uri:
            return JSONResponse({"error": "invalid_grant"}, 400)
        self.last = given.claims
        sign = self.sign or self.signed
        answer = {"access_token": "at", "token_type": "Bearer", "id_token": sign(given.claims)}
        return JSONResponse(answer)

    def signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": "k1"}, claims, self.key)

    async def _userinfo(self, request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer at"
        return JSONResponse(self.userinfo if self.userinfo is not None else {"sub": self.last.get("sub")})

    async def _emails(self, request: Request) -> Response:
        return JSONResponse(self.emails)


@asynccontextmanager
async def provider() -> AsyncIterator[FakeProvider]:
    """Listen until the block ends."""
    made = FakeProvider()
    config = uvicorn.Config(made.app(), host="127.0.0.1", port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.005)
    made.port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.should_exit = True
        await task


async def use_provider(tenant: Tenant, fake: FakeProvider, name: str = "idp", **form: object) -> None:
    """Set it at a tenant."""
    body = {"clientId": CLIENT, "clientSecret": SECRET, "issuer": fake.issuer, **form}
    body = {key: value for key, value in body.items() if value is not None}
    response = await tenant.http.put(f"/api/settings/providers/{name}", json=body, headers=tenant.key)
    assert response.status_code == 200, response.text


@dataclass
class SignIn:
    """An application's sign-in, step by step, without a browser."""

    tenant: Tenant
    name: str = "idp"
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    cookie: str = ""
    location: str = ""

    @property
    def challenge(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()

    @property
    def state(self) -> str:
        return dict(parse_qsl(urlsplit(self.location).query))["state"]

    async def begin(self, **query: str) -> Any:
        """Go to the provider; the answer."""
        params = {"challenge": self.challenge, **query}
        response = await self.tenant.http.get(f"/api/auth/oauth/{self.name}", params=params)
        if response.status_code == 302:
            self.location = response.headers["location"]
            self.cookie = response.headers["set-cookie"].partition(";")[0]
            self.tenant.http.cookies.clear()  # each sign-in is a browser of its own
        return response

    async def back(self, name: str | None = None, **query: str) -> Any:
        """Come back from the provider; the answer."""
        params = {"state": self.state, **query}
        path = f"/api/auth/oauth/{name or self.name}/callback"
        headers = {"cookie": self.cookie} if self.cookie else {}
        return await self.tenant.http.get(path, params=params, headers=headers)

    async def exchange(self, code: str, **more: str) -> Any:
        """Trade the code in for a session."""
        body = {"code": code, "verifier": self.verifier, **more}
        return await self.tenant.http.post("/api/auth/oauth/exchange", json=body)


def handed_over(response: Any) -> dict[str, str]:
    """What stands behind the # that the application gets."""
    assert response.status_code == 302, response.text
    return dict(parse_qsl(urlsplit(response.headers["location"]).fragment))


async def sign_in(tenant: Tenant, fake: FakeProvider, claims: dict[str, Any], name: str = "idp", **more: str) -> Any:
    """A whole sign-in; the exchange's answer, or what the application is told went wrong."""
    code, flow = await code_for(tenant, fake, claims, name)
    return await flow.exchange(code, **more)


async def code_for(
    tenant: Tenant, fake: FakeProvider, claims: dict[str, Any], name: str = "idp", **answer: str
) -> tuple[str, SignIn]:
    """Our code for somebody at the provider."""
    flow = SignIn(tenant, name)
    begun = await flow.begin()
    assert begun.status_code == 302, begun.text
    back = await flow.back(code=fake.grant(flow.location, claims), **answer)
    said = handed_over(back)
    assert "backpack-code" in said, said
    return said["backpack-code"], flow


async def refused(tenant: Tenant, fake: FakeProvider, claims: dict[str, Any], **answer: str) -> str:
    """Why a sign-in fails when the browser comes back."""
    flow = SignIn(tenant)
    begun = await flow.begin()
    assert begun.status_code == 302, begun.text
    said = handed_over(await flow.back(code=fake.grant(flow.location, claims), **answer))
    assert "backpack-code" not in said
    return f"{said['backpack-error']}: {said['backpack-detail']}"
