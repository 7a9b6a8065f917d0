/** What an authenticator app does (RFC 6238): SHA-1, 30 seconds, six digits. */
import { createHmac } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const STEP = 30_000;

/**
 * The code of a secret.
 * @param {string} secret base 32, with or without spaces
 * @param {{ahead?: number}} [options] `ahead`: so many steps later than now; the server takes the next one too, and none twice
 */
export function oneTimePassword(secret, { ahead = 0 } = {}) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / STEP) + ahead));
  const digest = createHmac("sha1", bytesOf(secret)).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 0xf;
  return String((digest.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, "0");
}

/** @param {string} secret */
function bytesOf(secret) {
  const letters = [...secret.replaceAll(/\s/g, "")];
  const bits = letters.map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []);
}
