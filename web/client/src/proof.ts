/**
 * Proof that a session is used by the client it was opened for (RFC 9449).
 *
 * The private key is made here, cannot be exported, and lives in the memory of this client and of the same visitor's other tabs. Where a
 * browser has no WebCrypto (a page without TLS) there is no key, and the session's token is for whoever holds it.
 */
import type { ActivateRequest } from "@signet/protocol";
import type { Environment } from "./environment";

/** A key and its public half as the server wants it. Can be sent to other tabs. */
export interface HeldKey {
  readonly pair: CryptoKeyPair;
  readonly jwk: NonNullable<ActivateRequest["proofKey"]>;
}

const EC = { name: "ECDSA", namedCurve: "P-256" };

/** See the module's description. */
export class Prover {
  readonly #environment: Environment;
  readonly #origin: string;
  readonly #subtle: SubtleCrypto | null;
  #held: HeldKey | null = null;
  /** How far the server's clock is ahead of ours, in milliseconds. */
  clockAhead = 0;
  /** Which of several servers proofs are for, by its own word: it need not write them down. `null`: for any. */
  nonce: string | null = null;

  /** `origin` is Signet's own. */
  constructor(environment: Environment, origin: string, subtle: SubtleCrypto | null = findSubtle()) {
    this.#environment = environment;
    this.#origin = origin;
    this.#subtle = subtle;
  }

  get held(): HeldKey | null {
    return this.#held;
  }

  /** The key for the next session, made if there is none. */
  async prepare(): Promise<HeldKey | null> {
    if (this.#held || !this.#subtle) return this.#held;
    const pair = await this.#subtle.generateKey(EC, false, ["sign", "verify"]);
    const { x = "", y = "" } = await this.#subtle.exportKey("jwk", pair.publicKey);
    return (this.#held ??= { pair, jwk: { kty: "EC", crv: "P-256", x, y } });
  }

  /** Goes on with the key of a sibling, whose session this client takes over. */
  adopt(key: HeldKey, nonce: string | null = null): void {
    this.#held = key;
    this.nonce = nonce;
  }

  forget(): void {
    this.#held = null;
    this.nonce = null;
  }

  /** A proof for one request with `token`; `null` without a key. */
  prove(method: string, path: string, token: string): Promise<string> | null {
    const { held } = this;
    return held && this.#subtle ? this.#sign(this.#subtle, held, method, path, token) : null;
  }

  async #sign(subtle: SubtleCrypto, { pair, jwk }: HeldKey, method: string, path: string, token: string): Promise<string> {
    const claims = {
      jti: this.#environment.newId(),
      htm: method,
      htu: this.#origin + path,
      iat: Math.floor((this.#environment.now() + this.clockAhead) / 1000),
      ath: base64url(await subtle.digest("SHA-256", utf8(token))),
      ...(this.nonce === null ? {} : { nonce: this.nonce }),
    };
    const [header, body] = [{ typ: "dpop+jwt", alg: "ES256", jwk }, claims].map((part) => base64url(utf8(JSON.stringify(part))));
    const signed = `${header}.${body}`;
    return `${signed}.${base64url(await subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, utf8(signed)))}`;
  }
}

/** Only secure contexts have it. */
function findSubtle(): SubtleCrypto | null {
  return (globalThis.crypto.subtle as SubtleCrypto | undefined) ?? null;
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

function base64url(bytes: ArrayBuffer | Uint8Array): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
