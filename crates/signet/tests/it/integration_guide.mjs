/**
 * Stands in for the browser and the tag in the test of the integration guide: runs the guide's page.js as a page's script, tells
 * the story of a visit and prints what came of each step. What the tag itself does is tested in a real browser by web/e2e.
 */
import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const [platform, site, sid] = process.argv.slice(2);
const markup = readFileSync('page.html', 'utf8');
const story = [];
const listeners = {};
const jobs = [];
let cookie = '';
let session = null;

/** The browser's fetch: relative to the page, with its cookies. */
async function pageFetch(path, init = {}) {
  const answer = await fetch(new URL(path, site), { ...init, headers: { ...init.headers, cookie } });
  for (const line of answer.headers.getSetCookie()) cookie = line.split(';')[0];
  return answer;
}

/** A form's fields, which is all that URLSearchParams wants of one. */
class PageFormData {
  constructor(form) {
    this.fields = Object.entries(form.fields);
  }
  [Symbol.iterator]() {
    return this.fields[Symbol.iterator]();
  }
}

const post = (path, headers, body) => fetch(new URL(`/visitor/v1/${path}`, platform), { method: 'POST', headers, body });

const iAdvize = {
  async activate(provider) {
    const { authenticationOption } = await provider();
    const body = JSON.stringify({ projectId: sid, origin: site, authenticationOption, session: session?.accessToken ?? null });
    const { status, reason, code, correlationId, ...rest } = await (await post('activate', { 'content-type': 'application/json' }, body)).json();
    session = rest.session ?? session;
    story.push({ activate: authenticationOption.type, status, assurance: rest.session?.assurance, name: rest.session?.displayName });
    return { authentication: { option: authenticationOption, status, reason, code, correlationId } };
  },
  async logout() {
    const answer = await post('logout', { authorization: `Bearer ${session.accessToken}` });
    session = null;
    story.push({ logout: answer.status });
  },
};

const page = vm.createContext({
  console,
  URLSearchParams,
  FormData: PageFormData,
  fetch: pageFetch,
  iAdvizeInterface: { push: (job) => jobs.push(job(iAdvize)) },
  document: {
    getElementById(id) {
      if (!markup.includes(`id="${id}"`)) return null;
      return { addEventListener: (event, listener) => (listeners[`${id} ${event}`] = listener) };
    },
  },
});
const settled = async () => {
  while (jobs.length > 0) await jobs.shift();
};

vm.runInContext(readFileSync('page.js', 'utf8'), page);
await settled();
const fields = { login: 'jane', password: 'correct horse' };
await listeners['sign-in submit']({ preventDefault() {}, target: { fields } });
await settled();
listeners['sign-out click']();
await settled();
story.push({ token: (await pageFetch('/signet-token')).status });
console.log(JSON.stringify(story));
