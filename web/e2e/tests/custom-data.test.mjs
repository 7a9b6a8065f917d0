/** What a page says of its visitor, `window.idzCustomData`: on the desk as a claim, from the first message on, below what a token says. */
import assert from "node:assert/strict";
import { graphqlAs } from "../harness/api.mjs";
import { onBrandPage } from "../harness/brand-site.mjs";
import { scene } from "../harness/stage.mjs";
import { claimsOf, makeVisitorToken } from "../harness/token.mjs";
import { eventually } from "../harness/wait.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("../harness/desk.mjs").Desk} Desk */

const test = scene();

const SAID = {
  extID: "FR-012345",
  cust_email: "page@example.org",
  cust_name: "Castel",
  plan: "Gold",
  visits: 12,
  "newsletter reader": true,
  basket: { lamp: 2 },
  remark: "x".repeat(1_025),
};
const PAGE = `
window.idzCustomData = ${JSON.stringify(SAID)};
const anonymous = () => ({ authenticationOption: { type: 'ANONYMOUS' } });
const secured = async () => ({ authenticationOption: { type: 'SECURED_AUTHENTICATION', token: await fetchToken() } });`;
const START = "iAdvizeInterface.push((iAdvize) => iAdvize.activate(anonymous));";

/**
 * The names and values of a group in the visitor's profile.
 * @param {Desk} desk
 * @param {RegExp} group
 */
async function facts(desk, group) {
  const region = desk.page.getByRole("complementary", { name: "Visitor" }).getByRole("region", { name: group });
  // In one look: a row that goes away meanwhile would be waited for.
  return region.locator("dl > div").evaluateAll((rows) =>
    rows.map((row) => `${row.querySelector("dt")?.textContent}: ${row.querySelector("dd")?.textContent}`),
  );
}

/**
 * Waits until a group in the visitor's profile says this.
 * @param {Desk} desk
 * @param {RegExp} group
 * @param {string[]} expected
 */
async function assertFacts(desk, group, expected) {
  /** @type {string[]} */
  let found = [];
  await eventually(
    async () => {
      found = await facts(desk, group);
      return JSON.stringify(found) === JSON.stringify(expected);
    },
    { what: `the profile to say ${expected.join(", ")}` },
  ).catch(() => assert.deepEqual(found, expected));
}

test("what a page says of a guest is at the desk as claimed, from their first message on, and changes with the page", async (stage) => {
  await onBrandPage(stage, { scripts: [PAGE, START] }, async ({ page, chat }) => {
    const desk = await stage.agent();
    const administrator = await graphqlAs(stage.manifest, stage.manifest.admin);
    await chat.open();
    const query = "query { visitors(projectId: \"demo\", first: 100) { nodes { claimedId } } }";
    const { visitors } = await administrator(query.replace("demo", stage.manifest.projectId), {});
    assert.ok(visitors.nodes.every((/** @type {any} */ one) => one.claimedId !== SAID.extID), "nothing is stored of a stranger");

    await chat.send("Said by the page");
    await desk.open("Said by the page");
    await desk.padlock("Not verified").waitFor();
    await desk.mark("Said by the page", "Claimed, not verified").waitFor();
    const known = ["Last name: Castel", "Email: page@example.org", "Claimed id: FR-012345"];
    await assertFacts(desk, /^From page/, [...known, "newsletter reader: Yes", "plan: Gold", "visits: 12"]);
    await desk.page.getByText("Name given by the page", { exact: true }).waitFor();
    const warnings = stage.console.filter((line) => line.includes("[signet] idzCustomData"));
    assert.deepEqual(warnings.map((line) => line.replace(/^\w+ \[signet\] (.*?) \(http.*$/, "$1")), [
      "idzCustomData.basket is ignored: it is no text, number or truth value",
      "idzCustomData.remark is ignored: a text has at most 1024 characters",
    ]);

    // Another page of a site that never loads a document.
    await page.evaluate("window.idzCustomData = { plan: 'Silver', cust_name: 'Castel' }; iAdvizeInterface.navigate('/basket')");
    await assertFacts(desk, /^From page/, ["Last name: Castel", "Claimed id: FR-012345", "plan: Silver"]);
  });
});

test("what a page says of a person stands below what their token says", async (stage) => {
  const token = () => makeVisitorToken(claimsOf("custom-data-1", { firstName: "Ines", email: "token@example.org" }), stage.manifest);
  await onBrandPage(stage, { scripts: [PAGE, "iAdvizeInterface.push((iAdvize) => iAdvize.activate(secured));"], token }, async ({ chat }) => {
    const desk = await stage.agent();
    await chat.open();
    await chat.send("Said beside a token");
    await desk.open("Said beside a token");
    await desk.padlock(/^Verified/).waitFor();
    await assertFacts(desk, /^From verified token/, ["First name: Ines", "Email: token@example.org"]);
    await assertFacts(desk, /^From page/, ["Last name: Castel", "cust_email: page@example.org", "newsletter reader: Yes", "plan: Gold", "visits: 12"]);
    // The name that stands beside the padlock has nothing of the page's.
    await desk.author("Said beside a token", "Ines").waitFor();
    assert.equal(await desk.page.getByText("Name given by the page").count(), 0);
    assert.equal(stage.console.filter((line) => line.includes("extID is ignored")).length, 1);

    // The brand reads it in the failure feed, too.
    const administrator = await graphqlAs(stage.manifest, stage.manifest.admin);
    await eventually(
      async () => {
        const failures = "authenticationFailures(projectId: \"demo\", first: 20) { nodes { fineCode } }".replace("demo", stage.manifest.projectId);
        const { authenticationFailures } = await administrator(`query { ${failures} }`, {});
        return authenticationFailures.nodes.some((/** @type {any} */ line) => line.fineCode === "EXT_ID_IGNORED");
      },
      { what: "a line in the failure feed" },
    );
  });
});
