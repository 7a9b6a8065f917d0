/** A token provider in small: a visitor token is a JWE around a JWS (PRODUCT.md section 3). */
import { createCipheriv, constants, publicEncrypt, randomBytes, sign } from "node:crypto";

/** @param {unknown} value */
const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/**
 * Signs claims with the brand's key and encrypts the result to the platform's.
 * @param {Record<string, unknown>} claims
 * @param {{customerPrivateKeyPem: string, platformPublicKeyPem: string}} keys
 */
export function makeVisitorToken(claims, { customerPrivateKeyPem, platformPublicKeyPem }) {
  const signed = `${encode({ alg: "RS256" })}.${encode(claims)}`;
  const signature = sign("RSA-SHA256", Buffer.from(signed), customerPrivateKeyPem).toString("base64url");

  const header = encode({ alg: "RSA-OAEP-256", enc: "A256GCM" });
  const contentKey = randomBytes(32);
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", contentKey, iv).setAAD(Buffer.from(header));
  const content = Buffer.concat([cipher.update(`${signed}.${signature}`), cipher.final()]);
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
  const wrapped = publicEncrypt({ key: platformPublicKeyPem, ...padding }, contentKey);
  const parts = [wrapped, iv, content, cipher.getAuthTag()].map((part) => part.toString("base64url"));
  return [header, ...parts].join(".");
}

/**
 * Claims that are valid for a minute.
 * @param {string} userId
 * @param {Record<string, string>} [visitorData]
 */
export function claimsOf(userId, visitorData) {
  return {
    "https://iadvize.com/userId": userId,
    ...(visitorData && { "https://iadvize.com/visitorData": visitorData }),
    iss: "https://livechat.iadvize.com",
    exp: Math.floor(Date.now() / 1000) + 60,
  };
}
