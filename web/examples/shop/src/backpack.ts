import { createClient } from "backpack-sdk";

/** The backend: the origin that serves the shop, unless the build names another one. */
export const backpack = createClient(import.meta.env.VITE_BACKPACK_URL);
