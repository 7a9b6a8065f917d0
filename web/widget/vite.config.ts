import { defineConfig } from "vite";

export default defineConfig({
  // Served as `/widget`, its files below `/widget/`.
  base: "/widget/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../../crates/assets/dist/widget",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: { entryFileNames: "widget.js", chunkFileNames: "[name].js", assetFileNames: "widget[extname]" },
    },
  },
});
