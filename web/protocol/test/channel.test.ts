import { describe, expect, test } from "vitest";
import { isAuthenticationOption, isConnect, isRightToLeft, isToLoader, isToWidget } from "../src";

describe("what a widget may be told", () => {
  test.each([
    [{ type: "activate", id: 1, option: { type: "ANONYMOUS" }, customData: "undefined" }],
    [{ type: "customData", customData: "{}" }],
    [{ type: "activate", id: 1, option: { type: "SECURED_AUTHENTICATION", token: "t" }, customData: "{}" }],
    [{ type: "answer", id: 2, option: null }],
    [{ type: "logout", id: 3, others: true }],
    [{ type: "open" }],
    [{ type: "layout", sheet: true }],
    [{ type: "persist", allowed: false }],
    [{ type: "transaction", transaction: { id: "order-1", amount: 49.95 } }],
    [{ type: "handOver", id: 4, origin: "https://other.example" }],
  ])("%j passes", (message) => expect(isToWidget(message)).toBe(true));

  test.each([
    [null],
    ["open"],
    [[]],
    [{}],
    [{ type: "toString" }],
    [{ type: "__proto__" }],
    [{ type: "ready" }],
    [{ type: "activate", id: 1 }],
    [{ type: "activate", id: "1", option: { type: "ANONYMOUS" } }],
    [{ type: "activate", id: Number.NaN, option: { type: "ANONYMOUS" } }],
    [{ type: "activate", id: 1, option: { type: "SECURED_AUTHENTICATION", token: "" } }],
    [{ type: "activate", id: 1, option: { type: "ANONYMOUS" }, customData: { extID: "customer-1" } }],
    [{ type: "customData", customData: null }],
    [{ type: "layout", sheet: "yes" }],
    [{ type: "transaction", transaction: { id: "order-1", amount: "49.95" } }],
    [{ type: "transaction", transaction: { id: "order-1", amount: Number.NaN } }],
  ])("%j does not", (message) => expect(isToWidget(message)).toBe(false));
});

describe("what a loader may be told", () => {
  test.each([
    [{ type: "ready", rightToLeft: false }],
    [{ type: "activated", id: 1, correlationId: "c" }],
    [{ type: "handedOver", id: 1, code: null }],
    [{ type: "refused", id: 1, reason: "r", code: "TOKEN_EXPIRED", correlationId: null }],
    [{ type: "observed" }],
    [{ type: "state", properties: { "conversation:id": null } }],
    [{ type: "size", width: 10, height: 10 }],
    [{ type: "callback", name: "onChatStarted", context: {} }],
    [{ type: "callback", name: "onSatisfactionAnswered", context: {} }],
  ])("%j passes", (message) => expect(isToLoader(message)).toBe(true));

  test.each([
    [{ type: "ready" }],
    [{ type: "activated", id: 1 }],
    [{ type: "refused", id: 1, reason: "r", code: "X" }],
    [{ type: "state", properties: null }],
    [{ type: "size", width: Number.POSITIVE_INFINITY, height: 1 }],
    [{ type: "callback", name: "constructor", context: {} }],
    [{ type: "callback", name: "onChatStarted", context: [] }],
    [{ type: "open" }],
  ])("%j does not", (message) => expect(isToLoader(message)).toBe(false));
});

test("the handshake must have its shape", () => {
  const connect = { signet: "connect", language: "en", handOver: "code", persist: true, sheet: false };
  expect(isConnect(connect)).toBe(true);
  for (const field of Object.keys(connect)) expect(isConnect({ ...connect, [field]: undefined })).toBe(false);
});

test("an authentication option is one of two forms", () => {
  expect(isAuthenticationOption({ type: "ANONYMOUS" })).toBe(true);
  expect(isAuthenticationOption({ type: "ANONYMOUS_AUTHENTICATION" })).toBe(false);
  expect(isAuthenticationOption(() => undefined)).toBe(false);
});

test("direction follows the primary subtag", () => {
  expect(["ar", "ar-EG", "HE", "fa-IR"].every(isRightToLeft)).toBe(true);
  expect(["en", "fr-FR", "", "arn"].some(isRightToLeft)).toBe(false);
});
