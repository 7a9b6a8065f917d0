import { expect, test } from "vitest";
import { readConnect } from "../src/handshake";

const self = {};
const parent = {};
const port = {} as MessagePort;
const data = { signet: "connect", language: "en", handOver: null, persist: true, sheet: false };
const good = { source: parent, origin: "https://shop.example", data, ports: [port] };

test("the embedding page is heard, with the origin the browser reports", () => {
  expect(readConnect(good, self, parent)).toEqual({ connect: data, origin: "https://shop.example", port });
});

test.each([
  ["a sibling or popup", { source: {} }],
  ["the widget itself", { source: self }],
  ["nobody", { source: null }],
  ["an opaque origin", { origin: "null" }],
  ["an extension", { origin: "chrome-extension://abc" }],
  ["no port", { ports: [] }],
  ["two ports", { ports: [port, port] }],
  ["another shape", { data: { ...data, signet: "open" } }],
  ["no object", { data: "connect" }],
])("%s is not", (_, change) => {
  expect(readConnect({ ...good, ...change }, self, parent)).toBeNull();
});

test("a widget that nobody embeds hears nothing", () => {
  expect(readConnect({ ...good, source: self }, self, self)).toBeNull();
});
