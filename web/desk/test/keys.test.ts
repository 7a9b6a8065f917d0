// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import type { Key } from "../src/console/keys/documents";
import { isPrivate, keyName, percentOf, revocationOf, trialInWords, useInWords, wayOut, withLineBreaks } from "../src/console/keys/words";

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
  const words = (of: Key, all: readonly Key[], mode = "ON", live: number | null = null) => revocationOf(of, all, mode, live).join(" ");

  it("is nothing before it is active", () => {
    expect(words({ ...key, state: "PENDING" }, [])).not.toContain("session");
  });

  it("is every session, and every sign-in if there is no other key", () => {
    expect(words(key, [key])).toContain("PROJECT_NOT_SET_UP");
    expect(words(key, [key, { ...key, id: "2", state: "RETIRING" }])).not.toContain("PROJECT_NOT_SET_UP");
    expect(words(key, [key, { ...key, id: "2", state: "PENDING" }])).toContain("PROJECT_NOT_SET_UP");
  });

  it.each([
    [null, "Every session that it opened"],
    [0, "no session open now"],
    [1, "Ends 1 session within five seconds: that visitor"],
    [1204, "Ends 1,204 sessions within five seconds"],
  ])("says how many sessions that is, if it is known: %s", (live, sentence) => {
    expect(words(key, [key], "ON", live)).toContain(sentence);
  });
});

describe("a key that is tried on the last tokens", () => {
  const at = "2026-11-20T12:00:00.000Z";
  const found = (tried: number, verified: number, notTriable = 0, isFirst = false) => {
    const oldest = tried + notTriable === 0 ? null : at;
    const { look, title, more } = trialInWords({ tried, verified, notTriable, oldest, newest: oldest }, isFirst, Date.parse(at));
    return `${look}: ${[title, ...more].join(" ")}`;
  };

  it.each([
    [found(6, 3), /^good: It verifies 3 of the last 6 tokens, at \d\d:\d\d The others are signed with another key/],
    [found(6, 6), /^good: It verifies all of the last 6 tokens, at \d\d:\d\d$/],
    [found(1, 1), /^good: It verifies the last token, at \d\d:\d\d$/],
    [found(2, 0), /^bad: It verifies none of the last 2 tokens/],
    [found(2, 1, 1), /1 token could not be tried: `EdDSA`/],
    [found(0, 0, 3), /^nothing: No token that can be tried 3 tokens could not be tried/],
    [found(0, 0), /^nothing: No token to try it on None came in the last 15 minutes/],
    [found(0, 0, 0, true), /^nothing: No token to try it on No key verifies tokens here yet/],
  ])("%s", (words, expected) => {
    expect(words).toMatch(expected);
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

describe("a PEM with the two characters \\n in it", () => {
  const pem = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----";

  it.each([
    pem.replaceAll("\n", "\\n"),
    `"${pem.replaceAll("\n", "\\r\\n")}\\n",`,
    `  '${pem.replaceAll("\n", "\\n")}'\n`,
  ])("gets its line breaks: %s", (text) => {
    expect(withLineBreaks(text)).toBe(pem);
  });

  it.each([pem, '{"kty":"RSA","n":"x"}', "\\n", ""])("is not what has none: %s", (text) => {
    expect(withLineBreaks(text)).toBeNull();
  });
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
