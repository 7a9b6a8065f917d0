// Tested with Node.js 20 by crates/signet/tests/it/providers.rs. Needs nothing but Node.js.
import { constants, createCipheriv, createPrivateKey, createPublicKey, publicEncrypt, randomBytes, randomUUID, sign } from 'node:crypto';

const VISITOR_DATA = ['address', 'city', 'country', 'email', 'firstName', 'lastName', 'phoneNumber', 'zipCode'];
const DAY = 86_400;

const base64url = (/** @type {string | Buffer} */ data) => Buffer.from(data).toString('base64url');

/** Makes the tokens with which a site's backend tells Signet who is signed in. Make one and keep it; it reads the keys once. */
export class TokenProvider {
  #signingKey;
  #platformKey;
  #options;

  /**
   * @param {string} privateKeyPem yours: PKCS#8 or traditional, as openssl and `signet keys generate` write it
   * @param {string} platformKeyPem Signet's public key, from `/keys/platform.pem`
   * @param {import('./signet-token.d.mts').TokenProviderOptions} options
   */
  constructor(privateKeyPem, platformKeyPem, options) {
    const { issuer, lifetime = 60, claimPrefix = 'https://iadvize.com/', clock = () => Date.now() / 1000 } = options;
    if (typeof issuer !== 'string' || issuer === '') throw new RangeError('an issuer is needed');
    if (!Number.isInteger(lifetime) || lifetime < 1 || lifetime > DAY) throw new RangeError('the lifetime is 1 to 86400 seconds');
    this.#signingKey = createPrivateKey(privateKeyPem);
    this.#platformKey = createPublicKey(platformKeyPem);
    this.#options = { ...options, lifetime, claimPrefix, clock };
  }

  /**
   * A token for the person who is signed in now. Take `userId` from your own checked session, never from the request.
   * @param {string} userId yours: 1 to 255 characters, unique, never given to somebody else
   * @param {import('./signet-token.d.mts').VisitorData} [visitorData] shown to agents; `null` and `undefined` are left out
   */
  issue(userId, visitorData = {}) {
    // Code points, as Signet counts.
    if (typeof userId !== 'string' || userId === '' || [...userId].length > 255 || /\p{Cc}/u.test(userId)) {
      throw new RangeError('a user id is a string of 1 to 255 printable characters');
    }
    const { issuer, audience, lifetime, keyId, platformKeyId, claimPrefix, clock } = this.#options;
    const issuedAt = Math.floor(clock());
    const data = checkVisitorData(visitorData);
    const claims = {
      [`${claimPrefix}userId`]: userId,
      ...(Object.keys(data).length > 0 && { [`${claimPrefix}visitorData`]: data }),
      iss: issuer,
      ...(audience && { aud: audience }),
      iat: issuedAt,
      exp: issuedAt + lifetime,
      jti: randomUUID(),
    };
    const header = { alg: 'RS256', typ: 'visitor+jwt', ...(keyId && { kid: keyId }) };
    const content = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`;
    const signature = sign('sha256', Buffer.from(content), { key: this.#signingKey, padding: constants.RSA_PKCS1_PADDING });
    return this.#encrypt(`${content}.${base64url(signature)}`, platformKeyId);
  }

  /** @param {string} content @param {string | undefined} kid */
  #encrypt(content, kid) {
    const header = base64url(JSON.stringify({ alg: 'RSA-OAEP-256', enc: 'A256GCM', cty: 'JWT', ...(kid && { kid }) }));
    const contentKey = randomBytes(32);
    const vector = randomBytes(12);
    const encryptedKey = publicEncrypt(
      { key: this.#platformKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
      contentKey,
    );
    const cipher = createCipheriv('aes-256-gcm', contentKey, vector).setAAD(Buffer.from(header));
    const ciphertext = Buffer.concat([cipher.update(content, 'utf8'), cipher.final()]);
    return [header, ...[encryptedKey, vector, ciphertext, cipher.getAuthTag()].map(base64url)].join('.');
  }
}

/** @param {import('./signet-token.d.mts').VisitorData} visitorData @returns {Record<string, string>} */
function checkVisitorData(visitorData) {
  const members = Object.entries(visitorData).filter(([, value]) => value !== null && value !== undefined);
  for (const [name, value] of members) {
    if (!VISITOR_DATA.includes(name)) throw new RangeError(`visitorData has no member ${name}`);
    if (typeof value !== 'string' || [...value].length > 1024) throw new RangeError(`${name} is a string of at most 1,024 characters`);
  }
  return Object.fromEntries(members);
}
