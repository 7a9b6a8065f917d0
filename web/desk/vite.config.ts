import { resolve } from "node:path";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/**
 * react-aria writes a `<style>` for pressable elements at run time unless an element of this id exists, and the
 * desk's Content-Security-Policy has no `unsafe-inline`. The rule stands in desk.css; the sheet takes the id.
 */
function claimPressableStyle(): Plugin {
  return {
    name: "claim-pressable-style",
    transformIndexHtml: {
      order: "post",
      handler: (html) => html.replace('<link rel="stylesheet"', '<link id="react-aria-pressable-style" rel="stylesheet"'),
    },
  };
}

export default defineConfig({
  base: "/desk/",
  plugins: [claimPressableStyle()],
  oxc: { jsx: { runtime: "automatic", importSource: "react" } },
  build: {
    outDir: resolve(import.meta.dirname, "../../crates/assets/dist/desk"),
    emptyOutDir: true,
    target: "es2022",
    cssCodeSplit: false,
    modulePreload: false,
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        entryFileNames: "desk.js",
        assetFileNames: "desk[extname]",
        codeSplitting: false,
      },
    },
  },
  test: { environment: "node" },
});
