// Makes a token for each case on standard input. See ../README.md for what is read and written.
import { readFileSync } from 'node:fs';
import { TokenProvider } from './signet-token.mjs';

for (const text of readFileSync(0, 'utf8').trim().split('\n\n')) {
  const lines = text.split('\n').map((line) => line.split(' '));
  const at = Object.fromEntries(lines.map(([name, value]) => [name, Buffer.from(value ?? '', 'base64').toString('utf8')]));
  const data = Object.entries(at).filter(([name]) => name.startsWith('data.'));
  const { issuer, audience, keyId, platformKeyId, claimPrefix, lifetime, clock } = at;
  const options = { issuer, audience, keyId, platformKeyId, claimPrefix };
  try {
    const provider = new TokenProvider(at.privateKey, at.platformKey, {
      ...options,
      ...(lifetime && { lifetime: Number(lifetime) }),
      ...(clock && { clock: () => Number(clock) }),
    });
    console.log(provider.issue(at.userId, Object.fromEntries(data.map(([name, value]) => [name.slice(5), value]))));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    console.log('refused');
  }
}
