/** What a brand's page has to load (E1 of the measured promises): built anew, as it is served. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { expect, test } from "vitest";

const WEB = resolve(import.meta.dirname, "../..");
const DIST = resolve(WEB, "../crates/assets/dist");

/** Builds a package in memory: its files by their names below `folder`. */
async function built(name: string, folder: string, config = "vite.config.ts"): Promise<Map<string, Buffer>> {
  // The test runner's own mode is no production.
  process.env["NODE_ENV"] = "production";
  const root = resolve(WEB, name);
  const made = await build({ root, configFile: resolve(root, config), mode: "production", logLevel: "silent", build: { write: false } });
  const outputs = Array.isArray(made) ? made : [made];
  const files = outputs.flatMap((one) => ("output" in one ? one.output : []));
  return new Map(
    files.map((file) => [folder + file.fileName, Buffer.from(file.type === "chunk" ? file.code : file.source)]),
  );
}

const compressed = (files: Map<string, Buffer>): number =>
  [...files.values()].reduce((sum, bytes) => sum + gzipSync(bytes, { level: 9 }).length, 0);

test("the loader is at most 5 KB, the whole widget 40 KB, and both are what is committed", async () => {
  const loader = await built("loader", "");
  const companion = await built("loader", "", "vite.companion.config.ts");
  const widget = await built("widget", "widget/");
  expect([...loader.keys()]).toEqual(["loader.js"]);
  // The page and one script: with the loader, three requests to a chat.
  expect([...widget.keys()].sort()).toEqual(["widget/index.html", "widget/widget.js"]);
  expect(compressed(loader)).toBeLessThanOrEqual(5 * 1024);
  expect(compressed(loader) + compressed(widget)).toBeLessThanOrEqual(40 * 1024);
  // Loaded by pages with buttons of their own or several domains only.
  expect(compressed(companion)).toBeLessThanOrEqual(1.5 * 1024);
  for (const [name, bytes] of [...loader, ...companion, ...widget]) {
    expect(bytes.equals(await readFile(resolve(DIST, name))), `${name} is stale: npm run build`).toBe(true);
  }
}, 60_000);
