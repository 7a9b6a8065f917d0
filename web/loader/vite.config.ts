import { defineConfig } from "vite";

export default defineConfig({
  build: {
    outDir: "../../crates/assets/dist",
    // The folder is shared with the other packages' output.
    emptyOutDir: false,
    target: "es2022",
    lib: { entry: "src/main.ts", formats: ["iife"], name: "signet", fileName: () => "loader.js" },
  },
});
