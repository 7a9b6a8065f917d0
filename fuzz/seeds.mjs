// Writes the conformance vectors as seeds: node fuzz/seeds.mjs FOLDER. Then merge them:
// RUSTC_BOOTSTRAP=1 cargo fuzz run token -- -merge=1 fuzz/corpus/token FOLDER/token
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const folder = process.argv[2];
const root = new URL('../conformance/', import.meta.url);
const read = (path) => JSON.parse(readFileSync(new URL(path, root), 'utf8'));
const save = (target, name, content) => {
  mkdirSync(`${folder}/${target}`, { recursive: true });
  writeFileSync(`${folder}/${target}/${name}`, content);
};

for (const group of ['accepted', 'envelope', 'decryption', 'signature', 'claims', 'strict']) {
  for (const { id, token } of read(`vectors/${group}.json`).vectors) {
    save('token', id, token);
    // Outer headers; the byte in front is the target's choice between outer (1) and inner (0).
    const header = Buffer.from(token.split('.')[0], 'base64url');
    save('headers', id, Buffer.concat([Buffer.from([1]), header]));
  }
}
const now = 1795176000;
const claims = {
  'https://iadvize.com/userId': 'user-1', iss: 'i', iat: now, exp: now + 60, aud: 'shop', jti: '1', nbf: now,
  'https://iadvize.com/visitorData': { email: 'zoe@mail.example', city: 'Nantes' },
};
save('claims', 'good', JSON.stringify(claims));
for (const name of Object.keys(claims)) save('claims', encodeURIComponent(name), JSON.stringify({ ...claims, [name]: 1 }));
save('claims', 'aud', JSON.stringify({ ...claims, aud: ['shop', 'other'] }));
for (const [index, text] of ['{"alg":"EdDSA","typ":"visitor+jwt","kid":"customer-eddsa"}', '{"alg":"none"}'].entries()) {
  save('headers', `inner-${index}`, Buffer.concat([Buffer.from([0]), Buffer.from(text)]));
}
const keys = read('keys.json');
for (const [name, key] of Object.entries(keys.platform)) save('keys', name, JSON.stringify(key));
for (const [name, key] of Object.entries(keys.customers)) {
  save('keys', `${name}-public`, JSON.stringify(key.public));
  save('keys', `${name}-private`, JSON.stringify(key.private));
  const { createPrivateKey, createPublicKey } = await import('node:crypto');
  const jwk = (value) => ({ key: value, format: 'jwk' });
  save('keys', `${name}-spki`, createPublicKey(jwk(key.public)).export({ type: 'spki', format: 'pem' }));
  save('keys', `${name}-pkcs8`, createPrivateKey(jwk(key.private)).export({ type: 'pkcs8', format: 'pem' }));
}
save('session_token', 'empty', Buffer.from([0, 0]));
