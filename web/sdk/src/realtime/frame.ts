import { type BackpackError, frameTooLarge } from "../errors.js";

/** A frame of `backpack.v1`. */
export interface Frame {
  type: string;
  [field: string]: unknown;
}

/** The server closes the connection, for everybody who uses it, on a larger one. */
const LARGEST = 64 * 1024;

/** Why this cannot be sent; null when it can. */
export function unsendable(frame: Frame): BackpackError | null {
  const bytes = new TextEncoder().encode(JSON.stringify(frame)).length;
  return bytes > LARGEST ? frameTooLarge(bytes, LARGEST) : null;
}
