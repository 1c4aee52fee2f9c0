/**
 * Between WebAuthn's objects and their JSON. Browsers have learnt it themselves in 2023 to 2025; older ones are served
 * too. Source: https://www.w3.org/TR/webauthn-3/#sctn-parseCreationOptionsFromJSON
 */
import { base64url } from "./oauth.js";

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

function text(buffer: ArrayBuffer): string {
  return base64url(new Uint8Array(buffer));
}

function descriptors(listed: PublicKeyCredentialDescriptorJSON[] | undefined): PublicKeyCredentialDescriptor[] {
  return (listed ?? []).map(({ id }) => ({ id: bytes(id), type: "public-key" }));
}

/** What `navigator.credentials.create` takes. */
export function creation(options: PublicKeyCredentialCreationOptionsJSON): PublicKeyCredentialCreationOptions {
  return {
    ...options,
    extensions: {}, // the server asks for none
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: descriptors(options.excludeCredentials),
  } as PublicKeyCredentialCreationOptions;
}

/** What `navigator.credentials.get` takes. */
export function request(options: PublicKeyCredentialRequestOptionsJSON): PublicKeyCredentialRequestOptions {
  return {
    ...options,
    extensions: {},
    challenge: bytes(options.challenge),
    allowCredentials: descriptors(options.allowCredentials),
  } as PublicKeyCredentialRequestOptions;
}

/** What either answered, as the server takes it. */
export function answered({ id, rawId, type, response }: PublicKeyCredential): object {
  const parts: Record<string, string> = { clientDataJSON: text(response.clientDataJSON) };
  if (response instanceof AuthenticatorAttestationResponse) {
    parts["attestationObject"] = text(response.attestationObject);
  } else if (response instanceof AuthenticatorAssertionResponse) {
    parts["authenticatorData"] = text(response.authenticatorData);
    parts["signature"] = text(response.signature);
    if (response.userHandle) parts["userHandle"] = text(response.userHandle);
  }
  return { id, rawId: text(rawId), type, response: parts, clientExtensionResults: {} };
}
