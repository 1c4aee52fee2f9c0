/** What a tenant's host serves as /backpack.js: the SDK, already pointed at that tenant. */
import { createClient } from "./client";

export * from "./index";
export default createClient(new URL(import.meta.url).origin);
