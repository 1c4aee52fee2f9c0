import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const LARGEST_GZIP = 12 * 1024;

/** Fails the build when the module that every visitor loads grows too large. */
function sizeLimit(): Plugin {
  return {
    name: "size-limit",
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== "chunk") continue;
        const size = gzipSync(file.code).length;
        console.log(`${file.fileName}: ${size} bytes gzip`);
        if (size > LARGEST_GZIP) this.error(`${file.fileName} is too large: at most ${LARGEST_GZIP} bytes gzip`);
      }
    },
  };
}

/** `vite build` makes the npm package's module, `vite build --mode served` the one that each tenant's host serves. */
export default defineConfig(({ mode }) => {
  const served = mode === "served";
  return {
    plugins: [sizeLimit()],
    build: {
      target: "es2022",
      minify: true,
      outDir: served ? "../../server/assets/sdk" : "dist",
      emptyOutDir: true,
      lib: {
        entry: served ? "src/served.ts" : "src/index.ts",
        formats: ["es"],
        fileName: () => (served ? "backpack.js" : "index.js"),
      },
    },
  };
});
