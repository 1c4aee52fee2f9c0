"""Every kind of token at every place that takes one, at the tenant that made it and at another: good in its own place
alone, and good there afterwards, so nothing was used up by the tries."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from tests.api.test_passkeys import authenticator
from tests.support.accounts import mails, post, settle
from tests.support.app import PASSWORD, App, Tenant, User
from tests.support.passkey import Authenticator
from tests.support.provider import SUBJECT, SignIn, code_for, provider, use_provider

Take = Callable[[Tenant, str], Awaitable[Any]]
NEW: Final = "another correct horse"


def _post(path: str, **more: object) -> Callable[[Tenant, str], Awaitable[Any]]:
    async def take(tenant: Tenant, token: str) -> Any:
        body = {name: token if value == "TOKEN" else value for name, value in more.items()}
        return await tenant.http.post(f"/api/auth/{path}", json=body)

    return take


async def _bearer(tenant: Tenant, token: str) -> Any:
    return await tenant.http.get("/api/auth/me", headers={"authorization": f"Bearer {token}"})


async def _cookie(tenant: Tenant, token: str) -> Any:
    headers = {"cookie": f"backpack={token}", "origin": tenant.origin}
    return await tenant.http.patch("/api/auth/me", json={"x": 1}, headers=headers)


async def _key(tenant: Tenant, token: str) -> Any:
    return await tenant.http.get("/api/collections", headers={"authorization": f"Bearer {token}"})


class Kinds:
    """One token of each kind at a tenant, and where each belongs."""

    def __init__(self, tenant: Tenant, flow: SignIn, code: tuple[str, SignIn], device: Authenticator) -> None:
        self.tenant = tenant
        self.flow, self.code, self.device = flow, code, device
        self.tokens: dict[str, str] = {}

    async def _state(self, tenant: Tenant, token: str) -> Any:
        params = {"state": token, "error": "access_denied"}
        headers = {"cookie": self.flow.cookie}
        return await tenant.http.get("/api/auth/oauth/idp/callback", params=params, headers=headers)

    async def _exchange(self, tenant: Tenant, token: str) -> Any:
        body = {"code": token, "verifier": self.code[1].verifier}
        return await tenant.http.post("/api/auth/oauth/exchange", json=body)

    async def _passkey(self, tenant: Tenant, token: str) -> Any:
        credential = self.device.answer({"challenge": token})
        return await tenant.http.post("/api/auth/passkeys/login", json={"credential": credential})

    @property
    def places(self) -> Mapping[str, Take]:
        """The last but session and key use their token up, so they come in an order in which all can."""
        return {
            "verify": _post("verify/confirm", token="TOKEN"),
            "link": _post("otp/login", token="TOKEN"),
            "act": _post("impersonation", token="TOKEN"),
            "invite": _post("register", invitation="TOKEN", password=PASSWORD),
            "oauth": self._state,
            "oauth-code": self._exchange,
            "passkey": self._passkey,
            "session": _bearer,
            "cookie": _cookie,
            "key": _key,
            "reset": _post("password/reset", token="TOKEN", password=NEW),
            "email-change": _post("email/change/confirm", token="TOKEN"),
        }


SAME: Final = {"session": "cookie", "cookie": "session"}
"""A session's token is good in both places."""


async def _collected(app: App, tenant: Tenant, user: User, fake: Any) -> Kinds:
    async def mailed(kind: str) -> str:
        text = (await mails(app, tenant))[0]["text"]
        return str(text.partition(f"#{kind}=")[2].split()[0])

    device = authenticator(tenant)
    options = await tenant.http.post("/api/auth/passkeys/options", json={"password": PASSWORD}, headers=user.auth)
    made = {"credential": device.make(options.json())}
    assert (await tenant.http.post("/api/auth/passkeys", json=made, headers=user.auth)).status_code == 201
    flow = SignIn(tenant)
    await flow.begin()
    kinds = Kinds(tenant, flow, await code_for(tenant, fake, SUBJECT), device)
    kinds.tokens |= {"session": user.token, "cookie": user.token, "key": tenant.api_key}
    kinds.tokens |= {"oauth": flow.state, "oauth-code": kinds.code[0]}
    await post(tenant, "verify/request", user)
    kinds.tokens["verify"] = await mailed("verify")
    await post(tenant, "password/forgot", email=user.email)
    kinds.tokens["reset"] = await mailed("reset")
    await post(tenant, "otp/request", email=user.email)
    kinds.tokens["link"] = await mailed("link")
    await post(tenant, "email/change/request", user, email="new@example.com", password=PASSWORD)
    kinds.tokens["email-change"] = await mailed("email-change")
    await tenant.http.post("/api/invitations", json={"email": "guest@example.com"}, headers=tenant.key)
    kinds.tokens["invite"] = await mailed("invite")
    acted = await app.admin.post(f"/v1/tenants/{tenant.name}/users/{user.id}/impersonate", json={})
    kinds.tokens["act"] = acted.json()["link"].partition("#act=")[2]
    asked = await tenant.http.post("/api/auth/passkeys/login/options")
    kinds.tokens["passkey"] = asked.json()["challenge"]
    return kinds


async def test_every_token_at_every_place(app: App, tenant: Tenant, user: User) -> None:
    other = await app.tenant()
    async with provider() as fake:
        for place in (tenant, other):
            await settle(place, codeLogin="known")
            await use_provider(place, fake)
        kinds = await _collected(app, tenant, user, fake)
        assert set(kinds.tokens) == set(kinds.places)
        tried = 0
        for kind, token in kinds.tokens.items():
            for name, take in kinds.places.items():
                for place in (tenant, other):
                    if place is tenant and name in {kind, SAME.get(kind)}:
                        continue
                    answer = await take(place, token)
                    # A key is a credential where a session is one, and is told that it is no user.
                    assert answer.status_code in {400, 401, 403, 404}, (kind, name, place.name, answer.text)
                    said = json.dumps(answer.json())
                    assert user.email not in said and user.id not in said and token not in said
                    tried += 1
        assert tried == 12 * 12 * 2 - 12 - 2
        for name, take in kinds.places.items():
            answer = await take(tenant, kinds.tokens[name])
            # The last is void by the new password before it; in its own place it is tried in test_recovery.
            good = {200, 201, 204, 302} if name != "email-change" else {400}
            assert answer.status_code in good, (name, answer.text)
            assert "backpack-error=token" not in answer.headers.get("location", "")
