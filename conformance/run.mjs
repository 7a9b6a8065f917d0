// Runs the vectors against any verifier that speaks the HTTP contract of SPECIFICATION.md section 9:
//
//   node run.mjs http://127.0.0.1:8080 [group …]
//
// Needs Node 18 or later and nothing else. Ends with status 1 if a vector is not met, 2 if it cannot run.
import { readFileSync, readdirSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

const [address, ...groups] = process.argv.slice(2);
if (!address) {
  console.error('usage: node run.mjs http://HOST:PORT [group …]');
  process.exit(2);
}
const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
const keys = read('keys.json');
const files = readdirSync(new URL('vectors/', import.meta.url)).filter((name) => name.endsWith('.json'));

/** The body of the request for a vector. */
const request = ({ policy, platformKeys, projectKeys, siteId, now, token }) => ({
  policy,
  platformKeys: platformKeys.map((name) => keys.platform[name]),
  projectKeys: projectKeys.map((name) => keys.customers[name].public),
  siteId,
  now,
  token,
});

/** Whether an answer is what a vector expects: of the claims only those that the vector names count. */
const isMet = (expected, found) =>
  expected.outcome === 'accepted'
    ? found.outcome === 'accepted' &&
      Object.entries(expected.claims).every(([name, value]) => isDeepStrictEqual(found.claims?.[name], value))
    : found.outcome === 'refused' && found.code === expected.code && found.fineCode === expected.fineCode;

const verify = new URL('/verify', address);
let met = 0;
const wrong = [];
for (const file of files.sort()) {
  if (groups.length > 0 && !groups.includes(file.replace('.json', ''))) continue;
  for (const vector of read(`vectors/${file}`).vectors) {
    const response = await fetch(verify, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request(vector)),
    }).catch((error) => {
      console.error(`${verify}: ${error.cause?.message ?? error.message}`);
      process.exit(2);
    });
    const found = response.ok ? await response.json() : { outcome: `HTTP ${response.status}` };
    if (isMet(vector.expect, found)) {
      met += 1;
    } else {
      wrong.push(vector.id);
      console.log(`${vector.id} ${vector.title}`);
      console.log(`  expected ${JSON.stringify(vector.expect)}`);
      console.log(`  found    ${JSON.stringify(found)}`);
    }
  }
}
if (met + wrong.length === 0) {
  console.error('no vectors: is there such a group?');
  process.exit(2);
}
console.log(`${met} vectors met, ${wrong.length} not`);
process.exitCode = wrong.length === 0 ? 0 : 1;
