"""The pages that browsers are led to on the tenant's own origin: by links of mails, and at the end of a sign-in.

Links of mails lead here where the tenant's settings name no application of its own.

The token stands behind the `#`, which no browser sends to a server; the page posts it when its reader wants so. A
scanner of mails that only opens links uses up nothing.
"""

import base64
import hashlib
from typing import Final

from server.http.response import NO_STORE, Response

_STYLE: Final = """:root{color-scheme:light dark}
body{font:16px/1.6 system-ui,sans-serif;max-width:26rem;margin:12vh auto;padding:0 1.5rem}
h1{font-size:1.5rem;margin:0 0 .75rem}p{margin:.6rem 0}label{display:block;margin:.75rem 0 .25rem}
input,button{font:inherit;padding:.55rem .8rem;border-radius:8px;border:1px solid #8886;width:100%}
*{box-sizing:border-box}button{margin-top:1rem;background:#2563eb;color:#fff;border:0;cursor:pointer}
button:disabled{opacity:.6}:focus-visible{outline:3px solid #60a5fa;outline-offset:2px}"""
_SCRIPT: Final = """"use strict";
const [kind, token] = location.hash.slice(1).split("=");
const forms = {
  verify: ["Confirm your e-mail address", "/api/auth/verify/confirm", "Confirm", "Your e-mail address is confirmed."],
  "email-change": ["Confirm your new e-mail address", "/api/auth/email/change/confirm", "Confirm",
    "Your e-mail address has changed."],
  link: ["Sign in", "/api/auth/otp/login", "Sign in", ""],
  act: ["Act as a user", "/api/auth/impersonation", "Go on", ""],
  invite: ["Choose a password for your new account", "/api/auth/register", "Choose this password", ""],
  reset: ["Choose a new password", "/api/auth/password/reset", "Set the password",
    "Your password has changed. Sign in with the new one."],
};
const $ = (id) => document.getElementById(id);
const known = Object.hasOwn(forms, kind) && token ? forms[kind] : null;
const chooses = kind === "reset" || kind === "invite";
history.replaceState(null, "", location.pathname);
if (!known) {
  $("title").textContent = "This link is not complete";
  $("say").textContent = "Open the link of the mail once more, or ask for a new mail.";
} else {
  const [title, path, action, done] = known;
  document.title = $("title").textContent = title;
  $("send").textContent = action;
  $("form").hidden = false;
  $("choose").hidden = !chooses;
  if (kind === "invite") $("say").textContent = "Your address is confirmed by it.";
  $("password").required = chooses;
  $("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    $("send").disabled = true;
    $("say").textContent = "";
    const password = $("password").value;
    const body = kind === "invite" ? { invitation: token, password } : chooses ? { token, password } : { token };
    try {
      const answer = await fetch(path, {
        method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
      });
      if (answer.ok) {
        if (!done) return location.replace("/");
        $("form").hidden = true;
        $("say").textContent = done;
        return;
      }
      const problem = await answer.json();
      $("say").textContent = problem.errors?.length
        ? `The password ${problem.errors[0].message}.` : `${problem.title}. ${problem.hint ?? ""}`;
    } catch {
      $("say").textContent = "The server does not answer. Try again in a moment.";
    }
    $("send").disabled = false;
  });
}
"""
_HTML: Final = """<main><h1 id="title">One moment</h1><form id="form" hidden><div id="choose" hidden><label
for="password">New password</label><input id="password" type="password" autocomplete="new-password"></div><button
id="send"></button></form><p id="say" role="status"></p><noscript><p>This page needs JavaScript.</p></noscript>
</main>"""
_POPUP: Final = """"use strict";
const said = new URLSearchParams(location.hash.slice(1));
history.replaceState(null, "", location.pathname);
const message = { type: "backpack-oauth" };
for (const name of ["code", "error", "detail"]) if (said.get(name) !== null) message[name] = said.get(name);
const channel = new BroadcastChannel("backpack-oauth");
channel.postMessage(message);
try { opener?.postMessage(message, said.get("origin")); } catch {}
setTimeout(close, 100);
"""
_POPUP_HTML: Final = "<main><h1>You can close this window</h1><p>The sign-in goes on where it was begun.</p></main>"


def _page(title: str, html: str, script: str) -> Response:
    """A page whose one script is the only one that the browser runs."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    text = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,'
        f'initial-scale=1"><title>{title}</title><style>{_STYLE}</style>{html}<script>{script}</script></html>'
    )
    return Response(
        200, text.encode(),
        [
            (b"content-type", b"text/html; charset=utf-8"), NO_STORE,
            (b"content-security-policy", policy.encode()),
        ],
    )  # fmt: skip


def confirm_page() -> Response:
    """The page for all links of mails."""
    return _page("Confirm", _HTML, _SCRIPT)


def popup_page() -> Response:
    """The page that ends a sign-in at a provider in a window of its own: it tells the window that opened it.

    The code is of use only to who began, so it does not matter who else hears it.
    """
    return _page("Sign in", _POPUP_HTML, _POPUP)
