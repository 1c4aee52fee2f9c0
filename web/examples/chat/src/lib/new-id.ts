/** 96 random bits in hex. crypto.randomUUID would need HTTPS, which a chat in a local network may not have. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
