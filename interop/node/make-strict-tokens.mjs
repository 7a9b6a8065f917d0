// Makes strict visitor tokens with npm jose, one for each pair of keys. See ../README.md for what is read and written.
import { readFileSync } from 'node:fs';
import { CompactEncrypt, CompactSign, importJWK, importPKCS8 } from 'jose';

const { claims, typ, signers, recipients } = JSON.parse(readFileSync(0, 'utf8'));
const text = new TextEncoder();

for (const signer of signers) {
  const signingKey = await importPKCS8(signer.pem, signer.alg);
  const inner = await new CompactSign(text.encode(claims))
    .setProtectedHeader({ alg: signer.alg, typ, kid: signer.kid })
    .sign(signingKey);
  for (const jwk of recipients) {
    const encrypt = new CompactEncrypt(text.encode(inner));
    encrypt.setProtectedHeader({ alg: jwk.alg, enc: 'A256GCM', cty: 'JWT', kid: jwk.kid });
    // Every other token carries party information, which is part of the derived key.
    if (jwk.kty !== 'RSA' && signer.alg.startsWith('E')) {
      encrypt.setKeyManagementParameters({ apu: text.encode('shop'), apv: text.encode('signet') });
    }
    console.log(`${signer.alg}/${jwk.alg}/${jwk.crv ?? 'RSA'}`, await encrypt.encrypt(await importJWK(jwk, jwk.alg)));
  }
}
