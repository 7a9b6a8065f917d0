/** What a browser holds and sends: to search for what must not be there. */

/** @typedef {import("playwright-core").BrowserContext} BrowserContext */
/** @typedef {import("playwright-core").Frame} Frame */
/** @typedef {import("playwright-core").Page} Page */

/**
 * Everything that a frame's origin and document keep: storages, databases with their records, caches with their
 * answers, cookies a script can read, the address, and the document.
 * @param {Frame} frame
 * @returns {Promise<Record<string, string>>}
 */
async function readFrame(frame) {
  const kept = await frame.evaluate(async () => {
    /** @param {IDBRequest<any>} request @returns {Promise<any>} */
    const done = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const databases = [];
    for (const { name } of await indexedDB.databases()) {
      if (name === undefined) continue;
      const database = await done(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        const objects = database.transaction(store).objectStore(store);
        databases.push([name, store, await done(objects.getAllKeys()), await done(objects.getAll())]);
      }
      database.close();
    }
    const cached = [];
    if ("caches" in window) {
      for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) {
          const answer = await cache.match(request);
          cached.push([name, request.url, await answer?.text()]);
        }
      }
    }
    return {
      localStorage: JSON.stringify({ ...localStorage }),
      sessionStorage: JSON.stringify({ ...sessionStorage }),
      indexedDB: JSON.stringify(databases),
      caches: JSON.stringify(cached),
      cookies: document.cookie,
      windowName: window.name,
      history: JSON.stringify(history.state),
      address: location.href,
    };
  });
  return { ...kept, document: await frame.content() };
}

/**
 * What every frame of a page holds, by `origin member`.
 * @param {Page} page
 */
export async function readPage(page) {
  /** @type {Record<string, string>} */
  const all = {};
  for (const [index, frame] of page.frames().entries()) {
    if (!/^https?:/.test(frame.url())) continue;
    for (const [member, text] of Object.entries(await readFrame(frame))) {
      all[`${new URL(frame.url()).origin}#${index} ${member}`] = text;
    }
  }
  return all;
}

/**
 * Records addresses and referrers of everything a context requests, sockets included.
 * @param {BrowserContext} context
 */
export function recordRequests(context) {
  /** @type {Record<string, string>} */
  const seen = {};
  let count = 0;
  /** @param {string} kind @param {string} text */
  const note = (kind, text) => void (seen[`${kind} ${(count += 1)}`] = text);
  context.on("request", (request) => {
    note("address", request.url());
    note("referer", request.headers()["referer"] ?? "");
  });
  context.on("page", (page) => page.on("websocket", (socket) => note("socket", socket.url())));
  return seen;
}

/**
 * Where any of the secrets occurs, as `place: secret`.
 * @param {Record<string, string>} places
 * @param {string[]} secrets
 */
export function findSecrets(places, secrets) {
  return Object.entries(places).flatMap(([place, text]) =>
    secrets.filter((secret) => text.includes(secret)).map((secret) => `${place}: ${secret.slice(0, 40)}`),
  );
}

/**
 * The parts of a token that are long enough to be nobody else's, its common headers left out.
 * @param {string} token
 */
export function tokenParts(token) {
  return token
    .split(".")
    .slice(1)
    .filter((part) => part.length >= 16);
}
