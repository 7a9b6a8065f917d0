import { defineConfig, minifySync } from "vite";
import type { Plugin } from "vite";

/**
 * Members that only the loader's own modules use: neither the page's interface, nor the channel, nor the browser's. Their
 * names are shortened, for every brand's page loads them. One that is missing here costs a few bytes, one too many breaks.
 */
const OWN =
  /^(alone|check|consentChanged|emit|findRefusal|listener|loadCompanion|loadSettings|names|onReturn|openWidget|phase|place|post|put|record|reset|restart|returned|revive|show|tabs)$/;

/** Shortens the members' names before the build shortens all others. */
function shortenMembers(): Plugin {
  return {
    name: "shorten-members",
    renderChunk: (code, { fileName }) => {
      const options = { compress: false, mangle: false, codegen: { removeWhitespace: false }, mangleProps: { include: OWN } };
      const { code: shortened, errors } = minifySync(fileName, code, options);
      if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join("\n"));
      return { code: shortened, map: null };
    },
  };
}

export default defineConfig({
  plugins: [shortenMembers()],
  build: {
    outDir: "../../crates/assets/dist",
    // The folder is shared with the other packages' output.
    emptyOutDir: false,
    target: "es2022",
    lib: { entry: "src/main.ts", formats: ["iife"], name: "signet", fileName: () => "loader.js" },
  },
});
