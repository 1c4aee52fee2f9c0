/** What a tenant's host serves as /backpack.js: the SDK, already pointed at that tenant. */
import { createClient } from "./client.js";

export * from "./index.js";
export default createClient(new URL(import.meta.url).origin);
