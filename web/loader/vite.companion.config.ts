import { defineConfig } from "vite";

/** The companion is a file of its own: pages that don't need it don't load it. */
export default defineConfig({
  build: {
    outDir: "../../crates/assets/dist",
    emptyOutDir: false,
    target: "es2022",
    lib: { entry: "src/companion.ts", formats: ["es"], fileName: () => "companion.js" },
  },
});
