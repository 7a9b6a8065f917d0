/** A brand's page as an integrator would write it: the tag as the guide prints it, and the brand's own scripts. */
import { createHash } from "node:crypto";

/** @typedef {Pick<import("./server.mjs").Manifest, "platformUrl" | "projectId">} Address */

/** @param {Address} manifest */
const tag = ({ platformUrl, projectId }) => `
<script>
window.iAdvizeInterface = window.iAdvizeInterface || [];
iAdvizeInterface.config = {
sid: '${projectId}'
}
</script>
<script async src="//${new URL(platformUrl).host}/iadvize.js"></script>`;

const FETCH_TOKEN = "const fetchToken = async () => (await fetch('/token')).text();";

/**
 * The page, with `fetchToken()` for its scripts. Its policy names Signet's host in `script-src` and `frame-src` and
 * nothing else of it; the page's own scripts pass by their hashes.
 * @param {Address} manifest
 * @param {string[]} scripts
 * @param {{frames?: string[]}} [options] further origins the page frames
 */
export function brandPage(manifest, scripts, { frames = [] } = {}) {
  const body = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>A brand's page</title><link rel="icon" href="data:,">${tag(manifest)}</head>
<body><h1>A brand's page</h1><button>Go</button>
${[FETCH_TOKEN, ...scripts].map((script) => `<script>${script}</script>`).join("\n")}
</body></html>`;
  const hashes = [...body.matchAll(/<script>([^]*?)<\/script>/g)].map(
    ([, script]) => `'sha256-${createHash("sha256").update(script ?? "").digest("base64")}'`,
  );
  const signet = new URL(manifest.platformUrl).origin;
  const policy = [
    "default-src 'none'",
    `script-src ${[signet, ...hashes].join(" ")}`,
    `frame-src ${[signet, ...frames].join(" ")}`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return { body, headers: { "content-security-policy": policy } };
}
