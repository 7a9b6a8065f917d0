/** A conversation as it can be read, by its visitor or at the desk. */
import assert from "node:assert/strict";

/** @typedef {import("./desk.mjs").Desk} Desk */
/** @typedef {import("./widget.mjs").Widget} Widget */

/**
 * Fails unless each text stands in the log once, in this order.
 * @param {Widget | Desk} side
 * @param {string[]} texts
 */
export async function assertThread(side, texts) {
  for (const text of texts) await side.see(text);
  const log = await side.log.innerText();
  const places = texts.map((text) => [log.indexOf(text), log.lastIndexOf(text)]);
  assert.deepEqual(places.map(([first, last]) => first === last), texts.map(() => true), `each of them once in\n${log}`);
  const order = places.map(([first]) => first);
  assert.deepEqual(order, order.toSorted((a = 0, b = 0) => a - b), `in this order in\n${log}`);
}
