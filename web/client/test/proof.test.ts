import { expect, test } from "vitest";
import { Prover, VisitorApi } from "../src";
import { World } from "./world";

const bytes = (part = ""): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const decode = (part?: string): unknown => JSON.parse(new TextDecoder().decode(bytes(part)));

async function verifies(proof: string, jwk: JsonWebKey): Promise<boolean> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const key = await crypto.subtle.importKey("jwk", jwk, algorithm, false, ["verify"]);
  const [header, claims, signature] = proof.split(".");
  const signed = new TextEncoder().encode(`${header}.${claims}`);
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, bytes(signature), signed);
}

test("a proof names its request, token and moment, and is by the key", async () => {
  const world = new World();
  const prover = new Prover(world, "https://chat.example");
  expect(prover.prove("GET", "/visitor/v1/history", "token")).toBeNull();
  const key = await prover.prepare();
  expect(await prover.prepare()).toBe(key);
  prover.clockAhead = 7_000;
  const proof = (await prover.prove("GET", "/visitor/v1/history", "token")) ?? "";
  const [header, claims] = proof.split(".").map((part, index) => (index < 2 ? decode(part) : part));
  expect(header).toEqual({ typ: "dpop+jwt", alg: "ES256", jwk: key?.jwk });
  expect(claims).toMatchObject({
    htm: "GET",
    htu: "https://chat.example/visitor/v1/history",
    ath: "PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A",
    iat: Math.floor((world.now() + 7_000) / 1000),
  });
  expect(key && (await verifies(proof, key.jwk))).toBe(true);
});

test("the private key cannot be exported, another tab can go on with it, and a sign-out forgets it", async () => {
  const [here, there] = [new Prover(new World(), "https://chat.example"), new Prover(new World(), "https://chat.example")];
  const key = await here.prepare();
  if (!key) throw new Error("there is WebCrypto here");
  await expect(crypto.subtle.exportKey("jwk", key.pair.privateKey)).rejects.toThrow();
  there.adopt(structuredClone(key));
  expect(await verifies((await there.prove("GET", "/", "token")) ?? "", key.jwk)).toBe(true);
  here.forget();
  expect((await here.prepare())?.jwk).not.toEqual(key.jwk);
});

test("a proof for another server than the one that answers is made again, for any", async () => {
  const prover = new Prover(new World(), "https://chat.example");
  await prover.prepare();
  prover.nonce = "of the first";
  const nonces: unknown[] = [];
  const fetch = (_: string, init: RequestInit): Promise<Response> => {
    const proof = new Headers(init.headers).get("dpop") ?? "";
    const { nonce } = decode(proof.split(".")[1]) as { nonce?: string };
    nonces.push(nonce);
    const elsewhere = nonce === "of the first";
    return Promise.resolve(
      elsewhere
        ? Response.json({ code: "SESSION_PROOF_ELSEWHERE", message: "", correlationId: "" }, { status: 401 })
        : Response.json({ entries: [], conversations: [], before: null }),
    );
  };
  const api = new VisitorApi(fetch, new World(), prover);
  await api.history("token", null);
  await api.history("token", null);
  expect(nonces).toEqual(["of the first", undefined, undefined]);
  const refused = new VisitorApi(() => Promise.resolve(Response.json({ code: "SESSION_ENDED" }, { status: 401 })), new World(), prover);
  await expect(refused.history("token", null)).rejects.toThrow("401");
});

test("without WebCrypto there is no key and no proof", async () => {
  const prover = new Prover(new World(), "https://chat.example", null);
  expect(await prover.prepare()).toBeNull();
  expect(prover.prove("GET", "/", "token")).toBeNull();
});
