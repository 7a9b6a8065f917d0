/** A web site of the test's own, on a loopback port that is neither the platform's nor the shop's. */
import { createServer } from "node:http";
import { once } from "node:events";

/** @typedef {{type?: string, headers?: Record<string, string>, body: string}} Answer */

/**
 * Serves answers by path; everything else is not found.
 * @param {Record<string, () => Answer>} pages
 */
export async function serve(pages) {
  const server = createServer((request, response) => {
    const page = pages[new URL(request.url ?? "/", "http://localhost").pathname];
    if (!page) return void response.writeHead(404).end();
    const { type = "text/html; charset=utf-8", headers = {}, body } = page();
    return void response.writeHead(200, { "content-type": type, "cache-control": "no-store", ...headers }).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the site has no port");
  const { port } = address;
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
