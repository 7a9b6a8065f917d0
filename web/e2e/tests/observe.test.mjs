/** Observe mode in a browser: the page is told the truth about its tokens, and the visitor's chat does not depend on it. */
import assert from "node:assert/strict";
import { onBrandPage } from "../harness/brand-site.mjs";
import { scene } from "../harness/stage.mjs";
import { claimsOf, makeVisitorToken } from "../harness/token.mjs";
import { eventually } from "../harness/wait.mjs";

/** @typedef {import("../harness/stage.mjs").Stage} Stage */

const test = scene();

const ACTIVATE = `
window.outcomes = [];
window.activate = () => iAdvizeInterface.push(async (iAdvize) => {
  const { authentication } = await iAdvize.activate(async () => ({
    authenticationOption: { type: 'SECURED_AUTHENTICATION', token: await fetchToken() },
  }));
  outcomes.push({ ...authentication, assurance: iAdvize.get('visitor:assurance') });
});`;

/**
 * @param {Stage} stage
 * @param {string} mode
 */
async function setMode(stage, mode) {
  const { platformUrl, graphqlUrl, projectId, admin } = stage.manifest;
  const grant = new URLSearchParams({ grant_type: "password", username: admin.email, password: admin.password });
  const granted = await fetch(`${platformUrl}/oauth2/token`, { method: "POST", body: grant });
  const { access_token: token } = await granted.json();
  const query = `mutation($input: ProjectUpdateInput!) { projectUpdate(input: $input) { userErrors { message } } }`;
  const variables = { input: { projectId, settings: { authenticatedMode: mode } } };
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const answer = await fetch(graphqlUrl, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  assert.deepEqual((await answer.json()).data?.projectUpdate?.userErrors, []);
}

test("a refused token and a good one are told truthfully, and the chat goes on all the same", async (stage) => {
  await setMode(stage, "OBSERVE");
  let token = "nonsense";
  // The first activation comes before anything else, as most pages do it.
  await onBrandPage(stage, { scripts: [`${ACTIVATE} activate();`], token: () => token }, async ({ page, chat }) => {
    const outcome = (/** @type {number} */ index) =>
      eventually(() => page.evaluate((at) => /** @type {any} */ (window).outcomes[at], index), { what: "an outcome" });
    const refused = await outcome(0);
    assert.equal(refused.status, "authentication-failure");
    assert.equal(refused.code, "TOKEN_MALFORMED");
    assert.match(refused.correlationId, /./);
    await chat.open();
    await chat.send("The page does not break");

    token = makeVisitorToken(claimsOf("brand-9002"), stage.manifest);
    await page.evaluate(() => /** @type {any} */ (window).activate());
    const accepted = await outcome(1);
    assert.equal(accepted.status, "authentication-success");
    assert.equal(accepted.code, undefined);
    assert.equal(accepted.assurance, "ANONYMOUS");
    await chat.send("Nor does anything change");
    await chat.see("The page does not break");
    // It may be tried again: there is nobody to sign out first.
    token = makeVisitorToken(claimsOf("brand-9002"), stage.manifest);
    await page.evaluate(() => /** @type {any} */ (window).activate());
    assert.equal((await outcome(2)).status, "authentication-success");
  });
});

test("a page that never activates has its chat", async (stage) => {
  await setMode(stage, "OBSERVE");
  await onBrandPage(stage, {}, async ({ chat }) => {
    await eventually(() => chat.isVisible(), { what: "the chat" });
    await chat.open();
    await chat.send("By itself");
  });
});
