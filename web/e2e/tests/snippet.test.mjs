/**
 * A site that knows nothing of this project: a page with the integration guide's code as printed, but for host, site id
 * and token function, under a strict Content-Security-Policy. Its token provider is the test's own.
 */
import assert from "node:assert/strict";
import { brandPage } from "../harness/brand.mjs";
import { serve } from "../harness/site.mjs";
import { scene } from "../harness/stage.mjs";
import { claimsOf, makeVisitorToken } from "../harness/token.mjs";
import { eventually } from "../harness/wait.mjs";
import { Widget } from "../harness/widget.mjs";

/** @typedef {import("../harness/stage.mjs").Stage} Stage */

const test = scene();

const SECURED = `
// Secured authentication - case A
iAdvizeInterface.push((iAdvize) => {
iAdvize.activate(async () => {
const visitor_token = await fetchToken() // your backend logic to generate a JWE
return {
authenticationOption : { type: 'SECURED_AUTHENTICATION', token: visitor_token }
};
});
});`;

const ANONYMOUS = `
// OR Anonymous authentication - case B
iAdvizeInterface.push((iAdvize) => {
iAdvize.activate(() => ({
authenticationOption: { type: 'ANONYMOUS' }
}));
});`;

const SECURED_WITH_RESULT = `
const iAdvizeActivationCallback = (activation) => {
console.log(activation);
}
/* In case of success, logs :
{
authentication: {
option: { type: 'SECURED_AUTHENTICATION', token: '<YOUR-TOKEN>' },
status: 'authentication-success'
}
}
/* In case of failure, logs :
{
authentication: {
option: { type: 'SECURED_AUTHENTICATION', token: '<YOUR-TOKEN>' },
status: 'authentication-failure',
reason: 'A login is already ongoing' // Or another relevant error
}
} */
iAdvizeInterface.push(async (iAdvize) => {
const activation = await iAdvize.activate(async () => {
const token = await fetchToken() // your backend logic to generate a JWE - note that this can be called at anytime for refresh
return {
authenticationOption: { type: 'SECURED_AUTHENTICATION', token }
};
}) ;
iAdvizeActivationCallback(activation);
});`;

const AFTER_LOGIN = `
const afterLoginIadvizeIdentityCallback = () => {
iAdvizeInterface.push((iAdvize) => {
iAdvize.activate(async () => {
const visitor_token = await fetchToken() // your backend logic to generate a JWE
return {
authenticationOption : { type: 'SECURED_AUTHENTICATION', token: visitor_token }
};
});
});
}; // it is the client responsibility to trigger such callback after sign-in
document.querySelector('button').onclick = afterLoginIadvizeIdentityCallback;`;

const LOGOUT = `
document.querySelector('button').onclick = () => {
iAdvizeInterface.push(async (iAdvize) => {
await iAdvize.logout();
await iAdvize.activate(() => ({ authenticationOption: { type: 'ANONYMOUS' }}));
});
};`;

/**
 * Opens the brand's page. Gives the page, its chat and the objects it logs.
 * @param {Stage} stage
 * @param {{scripts: string[], token?: () => string}} options
 * @param {(site: {page: import("playwright-core").Page, chat: Widget, logged: any[]}) => Promise<void>} body
 */
async function onBrandPage(stage, { scripts, token = () => "" }, body) {
  const site = await serve({
    "/": () => brandPage(stage.manifest, scripts),
    "/token": () => ({ type: "text/plain", body: token() }),
  });
  try {
    const page = await (await stage.context()).newPage();
    /** @type {any[]} */
    const logged = [];
    page.on("console", (message) => {
      if (message.type() === "log") for (const argument of message.args()) void argument.jsonValue().then((value) => logged.push(value));
    });
    await page.goto(site.origin);
    await body({ page, chat: new Widget(page, stage.manifest.platformUrl), logged });
    const refused = stage.console.filter((line) => /content.security.policy/i.test(line));
    assert.deepEqual(refused, [], "the page's policy allows all that is needed");
  } finally {
    await site.close();
  }
}

/** @param {any[]} logged @returns {Promise<any>} */
const firstLogged = (logged) => eventually(() => logged[0], { what: "a result in the console" });

test("the guide's secured activation logs the documented success, and chats", async (stage) => {
  const token = makeVisitorToken(claimsOf("brand-7001", { firstName: "Ines", lastName: "Marchand" }), stage.manifest);
  await onBrandPage(stage, { scripts: [SECURED_WITH_RESULT], token: () => token }, async ({ chat, logged }) => {
    assert.deepEqual(await firstLogged(logged), {
      authentication: {
        option: { type: "SECURED_AUTHENTICATION", token },
        status: "authentication-success",
      },
    });
    const desk = await stage.agent();
    await chat.open();
    await chat.send("Hello from a page of another site");
    await desk.open("Hello from a page of another site");
    await desk.padlock(/^Verified/).waitFor();
    await desk.page.getByRole("heading", { name: "Ines Marchand" }).first().waitFor();
    await desk.reply("Welcome, Ines.");
    await chat.see("Welcome, Ines.");
  });
});

test("a refused token logs the documented failure, and no chat appears", async (stage) => {
  const token = "not.a.visitor.token.atall";
  await onBrandPage(stage, { scripts: [SECURED_WITH_RESULT], token: () => token }, async ({ chat, logged }) => {
    const { authentication } = await firstLogged(logged);
    assert.deepEqual(authentication.option, { type: "SECURED_AUTHENTICATION", token });
    assert.equal(authentication.status, "authentication-failure");
    assert.match(authentication.reason, /^Failed to fetch authentication with a server error/);
    assert.equal(authentication.code, "TOKEN_MALFORMED");
    assert.match(authentication.correlationId, /./);
    assert.equal(await chat.isVisible(), false);
  });
});

test("case A alone activates with an identity", async (stage) => {
  const token = () => makeVisitorToken(claimsOf("brand-7002"), stage.manifest);
  await onBrandPage(stage, { scripts: [SECURED], token }, async ({ chat }) => {
    await chat.open();
    await chat.root.getByText("Signed in", { exact: true }).waitFor();
  });
});

test("case B chats anonymously, and the after-login callback carries the conversation over", async (stage) => {
  const token = () => makeVisitorToken(claimsOf("brand-7003"), stage.manifest);
  await onBrandPage(stage, { scripts: [ANONYMOUS, AFTER_LOGIN], token }, async ({ page, chat }) => {
    await chat.open();
    await chat.send("Written before signing in");
    await page.getByRole("button", { name: "Go" }).click();
    await chat.log.getByText("You are now signed in").waitFor();
    await chat.see("Written before signing in");
  });
});

test("the guide's sign-out leaves an anonymous chat with nothing of the old one", async (stage) => {
  const token = () => makeVisitorToken(claimsOf("brand-7004"), stage.manifest);
  await onBrandPage(stage, { scripts: [SECURED, LOGOUT], token }, async ({ page, chat }) => {
    await chat.open();
    await chat.send("For signed-in eyes only");
    await page.getByRole("button", { name: "Go" }).click();
    await eventually(async () => !(await chat.dialog.isVisible()), { what: "the chat to be hidden" });
    await chat.open();
    assert.equal(await chat.log.getByText("For signed-in eyes only").count(), 0);
    assert.equal(await chat.root.getByText("Signed in", { exact: true }).count(), 0);
  });
});

test("activations in the wrong order fail with the documented reasons", async (stage) => {
  const token = () => makeVisitorToken(claimsOf("brand-7005"), stage.manifest);
  const secured = "async () => ({ authenticationOption: { type: 'SECURED_AUTHENTICATION', token: await fetchToken() } })";
  const anonymous = "() => ({ authenticationOption: { type: 'ANONYMOUS' } })";
  const script = `
iAdvizeInterface.push(async (iAdvize) => {
  const outcome = ({ authentication: { status, reason } }) => reason ?? status;
  const outcomes = [];
  outcomes.push(outcome(await iAdvize.activate(() => ({ authenticationOption: { type: 'SECURED' } }))));
  outcomes.push(outcome(await iAdvize.activate(() => { throw new Error('no session at the brand'); })));
  outcomes.push(...(await Promise.all([iAdvize.activate(${anonymous}), iAdvize.activate(${anonymous})])).map(outcome));
  outcomes.push(outcome(await iAdvize.activate(${anonymous})));
  outcomes.push(...(await Promise.all([iAdvize.activate(${secured}), iAdvize.activate(${secured})])).map(outcome));
  outcomes.push(outcome(await iAdvize.activate(${secured})));
  console.log(outcomes);
});`;
  await onBrandPage(stage, { scripts: [script], token }, async ({ logged }) => {
    assert.deepEqual(await firstLogged(logged), [
      "A valid authentication option must be provided",
      "A valid authentication option must be provided",
      "authentication-success",
      "An activation is already ongoing",
      "Can't activate twice, please logout first",
      "authentication-success",
      "A login is already ongoing",
      "Can't activate twice, please logout first",
    ]);
  });
});

test("with authenticated mode on, nothing is loaded or shown before an activation", async (stage) => {
  /** @type {string[]} */
  const requested = [];
  await onBrandPage(stage, { scripts: [] }, async ({ page, chat, logged }) => {
    page.on("request", (request) => requested.push(new URL(request.url()).pathname));
    await page.reload({ waitUntil: "networkidle" });
    assert.ok(requested.includes("/iadvize.js"), "the tag was loaded");
    assert.equal(requested.includes("/widget"), false, "the chat was not loaded");
    assert.equal(await page.locator("iframe").count(), 0);
    assert.equal(await chat.isVisible(), false);
    assert.deepEqual(logged, []);
  });
});
