/** What a page hears of its visitor's identity is found in the brand's audit log and failure feed by the number it was told. */
import assert from "node:assert/strict";
import { onBrandPage } from "../harness/brand-site.mjs";
import { graphql } from "../harness/person.mjs";
import { scene } from "../harness/stage.mjs";
import { claimsOf, makeVisitorToken } from "../harness/token.mjs";
import { eventually } from "../harness/wait.mjs";

const test = scene();

const LISTEN = `
const heard = {};
iAdvizeInterface.push((iAdvize) => {
  for (const event of ['success', 'failure', 'logout'])
    iAdvize.on('authentication:' + event, (value) => { heard[event] = value.correlationId ?? value.authentication.correlationId; });
});
const secured = async () => ({ authenticationOption: { type: 'SECURED_AUTHENTICATION', token: await fetchToken() } });
const activate = () => new Promise((resolve) => iAdvizeInterface.push(async (iAdvize) => resolve(await iAdvize.activate(secured))));`;

test("page, audit log and failure feed speak of a sign-in under one number", async (stage) => {
  const { projectId } = stage.manifest;
  let token = "not.a.token.at.all";
  await onBrandPage(stage, { scripts: [LISTEN], token: () => token }, async ({ page }) => {
    await page.evaluate("activate()");
    token = makeVisitorToken(claimsOf("correlation"), stage.manifest);
    await page.evaluate("activate()");
    await page.evaluate("iAdvizeInterface.logout()");
    /** @type {Record<string, string>} */
    const heard = await eventually(
      async () => {
        const all = /** @type {Record<string, string>} */ (await page.evaluate("heard"));
        return all["logout"] ? all : null;
      },
      { what: "the page to hear of all three" },
    );
    const office = await stage.owner();
    const audit = "query($p: ID!, $c: String!) { auditEvents(projectId: $p, filter: { correlationId: $c }) { nodes { kind } } }";
    const kinds = async (/** @type {string | undefined} */ id) => {
      const { auditEvents } = await graphql(office, audit, { p: projectId, c: id });
      return auditEvents.nodes.map((/** @type {{kind: string}} */ node) => node.kind).join();
    };
    assert.equal(await kinds(heard["success"]), "VISITOR_AUTHENTICATED");
    await eventually(async () => (await kinds(heard["failure"])) === "VISITOR_AUTHENTICATION_REFUSED", { what: "the refusal in the audit log" });
    const feed = "query($p: ID!, $c: String!) { authenticationFailures(projectId: $p, filter: { correlationId: $c }) { nodes { code } } }";
    const { authenticationFailures } = await graphql(office, feed, { p: projectId, c: heard["failure"] });
    assert.deepEqual(authenticationFailures.nodes, [{ code: "TOKEN_MALFORMED" }]);
    assert.equal(heard["logout"], heard["success"], "of the activation whose session ended");
  });
});
