import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = "http://127.0.0.1:8001";

export default defineConfig({
  base: "/",
  plugins: [react()],
  server: {
    // The server takes the session cookie only from its own origin, so the proxy speaks with that origin.
    proxy: { "/v1": { target: server, changeOrigin: true, headers: { origin: server } } },
  },
  build: {
    outDir: "../../server/assets/admin",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
  },
});
