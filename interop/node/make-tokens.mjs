// Makes visitor tokens with npm jose. See ../README.md for what is read and written.
import { readFileSync } from 'node:fs';
import { CompactEncrypt, CompactSign, SignJWT, exportJWK, importPKCS8, importSPKI } from 'jose';

const [privateKey, publicKey, customerKeyId, platformKeyId, claims, escapedClaims] = readFileSync(0, 'utf8').split('\n');
const signingKey = await importPKCS8(`-----BEGIN PRIVATE KEY-----\n${privateKey}\n-----END PRIVATE KEY-----`, 'RS256');
const encryptionKey = await importSPKI(`-----BEGIN PUBLIC KEY-----\n${publicKey}\n-----END PUBLIC KEY-----`, 'RSA-OAEP-256');
const text = new TextEncoder();

const sign = (header, payload) => new CompactSign(text.encode(payload)).setProtectedHeader(header).sign(signingKey);
const encrypt = (header, content) =>
  new CompactEncrypt(text.encode(content)).setProtectedHeader(header).encrypt(encryptionKey);
const outer = { alg: 'RSA-OAEP-256', enc: 'A256GCM' };

const tokens = {
  // The vendor's sample has nothing but the algorithm in its headers.
  'jose-minimal': await encrypt(outer, await sign({ alg: 'RS256' }, claims)),
  'jose-escaped': await encrypt(outer, await sign({ alg: 'RS256' }, escapedClaims)),
  'jose-full': await encrypt(
    { ...outer, cty: 'JWT', typ: 'JWT', kid: platformKeyId },
    await sign({ alg: 'RS256', typ: 'JWT', kid: customerKeyId }, claims),
  ),
  'jose-signjwt': await encrypt(
    { ...outer, cty: 'JWT', kid: platformKeyId },
    await new SignJWT(JSON.parse(claims)).setProtectedHeader({ alg: 'RS256', kid: customerKeyId }).sign(signingKey),
  ),
};
// A key that went through a JWK, as one fetched from the published key set does.
const { kty, n, e } = await exportJWK(encryptionKey);
tokens['jose-jwk'] = await new CompactEncrypt(text.encode(await sign({ alg: 'RS256', typ: 'JWT' }, claims)))
  .setProtectedHeader({ ...outer, kid: platformKeyId })
  .encrypt({ kty, n, e, alg: 'RSA-OAEP-256' });

for (const [name, token] of Object.entries(tokens)) console.log(name, token);
