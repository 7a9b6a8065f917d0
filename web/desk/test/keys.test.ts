// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import type { Key } from "../src/console/keys/documents";
import { isPrivate, keyName, percentOf, revocationOf, useInWords, wayOut } from "../src/console/keys/words";

const key: Key = {
  id: "1",
  keyId: null,
  thumbprint: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
  algorithm: "RS256",
  bits: 2048,
  state: "ACTIVE",
  proof: "CHALLENGE",
  provedAt: null,
  challenge: null,
  createdAt: "2026-11-20T12:00:00.000Z",
  activatedAt: null,
  retiringAt: null,
  revokedAt: null,
  firstUsedAt: null,
  lastUsedAt: null,
  uses: 0,
  share: null,
};

describe("a key in words", () => {
  it("is called by its key id, else by its thumbprint", () => {
    expect(keyName({ ...key, keyId: "shop-2026" })).toBe("shop-2026");
    expect(keyName(key)).toBe("NzbLsXh8uD…");
  });

  it.each([
    [0, "0 %"],
    [0.001, "Under 1 %"],
    [0.5, "50 %"],
    [0.999, "99 %"],
    [1, "100 %"],
  ])("has %d of the traffic: %s", (share, words) => {
    expect(percentOf(share)).toBe(words);
  });

  it("says how much it is used", () => {
    expect(useInWords(key)).toBe("No session in the last 7 days");
    expect(useInWords({ uses: 1, share: 1 })).toBe("100 % of the last 7 days, 1 session");
  });
});

describe("what ends when a key is revoked", () => {
  const words = (of: Key, all: readonly Key[], mode = "ON") => revocationOf(of, all, mode).join(" ");

  it("is nothing before it is active", () => {
    expect(words({ ...key, state: "PENDING" }, [])).not.toContain("session");
  });

  it("is every session, and every sign-in if there is no other key", () => {
    expect(words(key, [key])).toContain("PROJECT_NOT_SET_UP");
    expect(words(key, [key, { ...key, id: "2", state: "RETIRING" }])).not.toContain("PROJECT_NOT_SET_UP");
    expect(words(key, [key, { ...key, id: "2", state: "PENDING" }])).toContain("PROJECT_NOT_SET_UP");
  });
});

describe("a private key", () => {
  it.each([
    "-----BEGIN PRIVATE KEY-----\nMIIE",
    "text before\n-----BEGIN RSA PRIVATE KEY-----",
    "-----BEGIN EC PRIVATE KEY-----",
    "-----BEGIN ENCRYPTED PRIVATE KEY-----",
    '{"kty":"RSA","n":"x","e":"AQAB","d":"y"}',
    '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"x","d":"y"}]}',
  ])("is recognised: %s", (text) => {
    expect(isPrivate(text)).toBe(true);
  });

  it.each(["-----BEGIN PUBLIC KEY-----\nMIIB", '{"kty":"RSA","n":"x","e":"AQAB"}', "MIIB", "", "null", "[1]"])(
    "is not what is public: %s",
    (text) => {
      expect(isPrivate(text)).toBe(false);
    },
  );
});

describe("the way out of a refusal", () => {
  it("is another pair for a key that can be broken", () => {
    for (const code of ["KEY_TOO_SMALL", "KEY_ROCA_WEAK", "KEY_IS_PRIVATE"]) expect(wayOut(code)?.command).toContain("openssl genpkey");
  });

  it("is not made up for what the message says already", () => {
    expect(wayOut(null)).toBeNull();
    expect(wayOut("KEYS_TOO_MANY")).toBeNull();
  });
});
