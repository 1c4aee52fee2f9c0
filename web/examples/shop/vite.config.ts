import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  base: "/",
  plugins: [react()],
  resolve: {
    // The SDK's source, so that the shop builds without a build of the SDK.
    alias: { "backpack-sdk": fileURLToPath(new URL("../../sdk/src/index.ts", import.meta.url)) },
  },
  build: { target: "es2022", modulePreload: { polyfill: false } },
});
