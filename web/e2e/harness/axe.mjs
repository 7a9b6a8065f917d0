/** axe on a page, frame by frame. */
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import assert from "node:assert/strict";

/** @typedef {import("playwright-core").Frame} Frame */

const SOURCE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/**
 * Fails with every violation axe finds in the frame.
 * @param {Frame} frame
 * @param {string} name of the screen, for the message
 */
export async function assertAccessible(frame, name) {
  await frame.evaluate(SOURCE);
  const violations = await frame.evaluate(async (tags) => {
    /** @type {import("axe-core")} */
    const axe = /** @type {any} */ (window).axe;
    const { violations } = await axe.run(document, { runOnly: tags, iframes: false });
    return violations.map(({ id, help, nodes }) => `${id}: ${help}\n    ${nodes.map((node) => `${node.target} ${node.failureSummary}`).join("\n    ")}`);
  }, TAGS);
  assert.deepEqual(violations, [], `${name} has accessibility faults:\n${violations.join("\n")}`);
}
