import { resolve } from "node:path";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { seal } from "../kit/src/drawings";

/**
 * react-aria writes a `<style>` for pressable elements at run time unless an element of this id exists, and the
 * desk's Content-Security-Policy has no `unsafe-inline`. The rule stands in desk.css; the sheet takes the id.
 */
function claimPressableStyle(): Plugin {
  return {
    name: "claim-pressable-style",
    transformIndexHtml: {
      order: "post",
      handler: (html) =>
        html.replace('<link rel="stylesheet"', '<link id="react-aria-pressable-style" rel="stylesheet"'),
    },
  };
}

/** The page's icon, from the drawing that the screens use. */
function icon(): Plugin {
  const source = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
  <path fill="#2a4bd0" d="${seal.wax}"/>
  <path fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" d="${seal.letter}"/>
</svg>
`;
  return {
    name: "icon",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "icon.svg", source });
    },
  };
}

export default defineConfig({
  base: "/desk/",
  plugins: [claimPressableStyle(), icon()],
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
