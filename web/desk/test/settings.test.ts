// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { durationOf, durationWords, secondsOf } from "../src/console/duration";
import { idFrom } from "../src/console/projects/new-project";
import type { Settings } from "../src/console/settings/documents";
import { changedNames, inputOf, originOf, realChange } from "../src/console/settings/form";
import { risksOf } from "../src/console/settings/risks";

const key = { id: "1", keyId: "shop-2026", algorithm: "RS256", state: "ACTIVE", thumbprint: "x" } as const;
const settings: Settings = {
  projectId: "shop",
  name: "Shop",
  authenticatedMode: "OFF",
  tokenProfile: "COMPATIBLE",
  claimPrefix: "https://iadvize.com/",
  sessionLifetimeSeconds: 3600,
  tokenMaxLifetimeSeconds: 86_400,
  tokenLeewaySeconds: 5,
  issuers: [],
  signatureAlgorithms: ["RS256"],
  keyManagement: ["RSA-OAEP-256"],
  allowedOrigins: ["https://shop.example"],
  allowsLoopback: false,
  requiresSessionKey: false,
  retention: {
    conversationsAnonymizedAfterDays: 365,
    conversationsDeletedAfterDays: null,
    visitorsAnonymizedAfterDays: null,
    transactionsDeletedAfterDays: null,
    failuresDeletedAfterDays: null,
    eventsDeletedAfterDays: null,
  },
  snippet: "",
  createdAt: "2026-11-20T12:00:00.000Z",
  customerKeys: [key],
};
const risks = (change: Parameters<typeof risksOf>[1], of = settings) => risksOf(of, change).map(({ words }) => words).join(" ");

describe("spans of time", () => {
  it.each([
    [60, "1 minute"],
    [420, "7 minutes"],
    [3600, "60 minutes"],
    [5400, "90 minutes"],
    [7200, "2 hours"],
    [86_400, "24 hours"],
    [172_800, "2 days"],
    [90, "90 seconds"],
    [0, "0 seconds"],
  ])("%d seconds are %s, and back", (seconds, words) => {
    expect(durationWords(seconds)).toBe(words);
    expect(secondsOf(durationOf(seconds))).toBe(seconds);
  });

  it("are whole numbers", () => {
    expect(secondsOf({ amount: " 7 ", unit: "minutes" })).toBe(420);
    for (const amount of ["", "soon", "1.5", "-1", "1e3"]) expect(secondsOf({ amount, unit: "minutes" })).toBeNull();
  });
});

describe("a change of settings", () => {
  it("is only what differs from what is", () => {
    expect(realChange(settings, { name: "Shop", issuers: [], tokenLeewaySeconds: 10 })).toEqual({ tokenLeewaySeconds: 10 });
  });

  it("is sent without what stays", () => {
    expect(inputOf("shop", { name: "New", tokenLeewaySeconds: 10 })).toEqual({
      projectId: "shop",
      name: "New",
      settings: { tokenLeewaySeconds: 10 },
    });
  });

  it("is not sent while a number is missing", () => {
    expect(inputOf("shop", { tokenLeewaySeconds: null })).toEqual({ incomplete: "tokenLeewaySeconds" });
  });

  it("is named in the order of the page", () => {
    expect(changedNames({ issuers: ["a"], name: "New" })).toBe("Name, Issuers");
  });
});

describe("the risks of a change", () => {
  it("are none where nothing ends", () => {
    expect(risks({ authenticatedMode: "ON" })).toBe("");
    expect(risks({ allowedOrigins: ["https://shop.example", "https://www.shop.example"] })).toBe("");
  });

  it("say that nobody can sign in without an active key", () => {
    const pending = { ...settings, customerKeys: [{ ...key, state: "PENDING" as const }] };
    expect(risks({ authenticatedMode: "ON" }, pending)).toContain("PROJECT_NOT_SET_UP");
  });

  it("say whose tokens the strict profile refuses", () => {
    expect(risks({ tokenProfile: "STRICT" })).toContain("will be refused");
    const nameless = { ...settings, customerKeys: [{ ...key, keyId: null }] };
    expect(risks({ tokenProfile: "STRICT" }, nameless)).toContain("One active key has no key id");
    expect(risks({ tokenProfile: "STRICT", signatureAlgorithms: ["ES256"] })).toContain("active key for `RS256`");
  });

  it("say that something goes earlier than before", () => {
    const { retention } = settings;
    expect(risks({ retention: { ...retention, conversationsAnonymizedAfterDays: 30 } })).toContain("for good");
    expect(risks({ retention: { ...retention, failuresDeletedAfterDays: 30 } })).toContain("for good");
    expect(risks({ retention: { ...retention, conversationsAnonymizedAfterDays: null } })).toBe("");
  });

  it("say who is refused where a session key is demanded", () => {
    expect(risks({ requiresSessionKey: true })).toContain("SESSION_KEY_REQUIRED");
    expect(risks({ requiresSessionKey: false })).toBe("");
  });

  it("name the pages that lose their chat", () => {
    expect(risks({ allowedOrigins: [] })).toContain("https://shop.example");
  });
});

describe("an origin as somebody types it", () => {
  it.each([
    ["https://shop.example", "https://shop.example"],
    [" HTTPS://Shop.Example:443/cart?x=1 ", "https://shop.example"],
    ["http://127.0.0.1:3000/", "http://127.0.0.1:3000"],
    ["shop.example", "https://shop.example"],
    ["bücher.example", "https://xn--bcher-kva.example"],
  ])("%s is %s", (text, origin) => {
    expect(originOf(text)).toBe(origin);
  });

  it.each(["", "not an address", "ftp://shop.example", "javascript:alert(1)", "mailto:a@b.example"])("%s is none", (text) => {
    expect(originOf(text)).toBeNull();
  });
});

describe("a site id from a name", () => {
  it.each([
    ["Lumen & Fils", "lumen-fils"],
    ["  Café Zürich 2 ", "cafe-zurich-2"],
    ["日本", ""],
    ["a".repeat(80), "a".repeat(64)],
  ])("%s gives %s", (name, id) => {
    expect(idFrom(name)).toBe(id);
  });
});
