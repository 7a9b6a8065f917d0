/**
 * The code samples of the vendor documents that `snippet.test.mjs` does not use: as printed, with `fetchToken()` where
 * they say "your backend logic", and the results they say they print.
 */
import assert from "node:assert/strict";
import { onBrandPage } from "../harness/brand-site.mjs";
import { scene } from "../harness/stage.mjs";
import { claimsOf, makeVisitorToken } from "../harness/token.mjs";
import { eventually } from "../harness/wait.mjs";

const test = scene();

/** The FAQ's way to test a token. It uses `await`, `iAdvize` and `visitor_token`, so it stands where those are. */
const TEST_A_TOKEN = `
iAdvizeInterface.push(async (iAdvize) => {
const visitor_token = await fetchToken();
const activation = await iAdvize.activate(async () => {
  return {
    authenticationOption: {
      type: "SECURED_AUTHENTICATION",
      token: visitor_token,
    },
  };
});
console.log(\`activation : \${JSON.stringify(activation, null, 2)}\`);
});`;

/** What the FAQ says it prints, but for the token. @param {string} token */
const PRINTED_SUCCESS = (token) => `activation : {
  "authentication": {
    "option": {
      "type": "SECURED_AUTHENTICATION",
      "token": "${token}"
    },
    "status": "authentication-success"
  }
}`;

const ANONYMOUS = `
iAdvizeInterface.push((iAdvize) => {
iAdvize.activate(() => ({ authenticationOption: { type: 'ANONYMOUS' } }));
});`;

const RESULT_CALLBACK = `
const iAdvizeActivationCallback = (activation) => {
console.log(JSON.stringify(activation));
}`;

const LOGIN_WITH_RESULT = `
iAdvizeInterface.push(async (iAdvize) => {
const activation = await iAdvize.activate(async () => {
const token = await fetchToken() // your backend logic to generate a JWE - note that this can be called at anytime for refresh
return {
authenticationOption: { type: 'SECURED_AUTHENTICATION', token }
};
}) ;
iAdvizeActivationCallback(activation);
});`;

/** "takes an optional argument: a function that will be called with an object containing the result" */
const LOGIN_WITH_CALLBACK = `
iAdvizeInterface.push((iAdvize) => {
iAdvize.activate(async () => {
const token = await fetchToken() // your backend logic to generate a JWE
return {
authenticationOption: { type: 'SECURED_AUTHENTICATION', token }
};
}, iAdvizeActivationCallback);
});`;

const LOGOUT = `
document.querySelector('button').onclick = () => {
iAdvizeInterface.push(async (iAdvize) => {
await iAdvize.logout();
}) ;
};`;

/** @param {string[]} printed @param {number} [index] */
const line = (printed, index = 0) => eventually(() => printed[index], { what: `line ${index + 1} in the console` });

test("the FAQ's way to test a token prints the documented success, character by character", async (stage) => {
  const token = makeVisitorToken(claimsOf("sample-1"), stage.manifest);
  await onBrandPage(stage, { scripts: [TEST_A_TOKEN], token: () => token }, async ({ printed }) => {
    assert.equal(await line(printed), PRINTED_SUCCESS(token));
  });
});

test("the FAQ's way to test a token prints why a token is refused", async (stage) => {
  const token = makeVisitorToken({ ...claimsOf("sample-2"), exp: 1602060589 }, stage.manifest);
  await onBrandPage(stage, { scripts: [TEST_A_TOKEN], token: () => token }, async ({ printed }) => {
    const { authentication } = JSON.parse((await line(printed)).replace(/^activation : /, ""));
    assert.deepEqual(authentication.option, { type: "SECURED_AUTHENTICATION", token });
    assert.equal(authentication.status, "authentication-failure");
    assert.match(authentication.reason, /^Failed to fetch authentication with a server error/);
    assert.equal(authentication.code, "TOKEN_EXPIRED");
  });
});

test("the anonymous activation may be dispatched before the tag is included", async (stage) => {
  await onBrandPage(stage, { scripts: [ANONYMOUS], holdTag: true }, async ({ page, chat, loadTag }) => {
    const queued = await eventually(() => page.evaluate("iAdvizeInterface.length"), { what: "the instruction in the queue" });
    assert.equal(queued, 1);
    assert.equal(await page.locator("iframe").count(), 0);
    loadTag();
    await chat.open();
    await chat.send("Dispatched before the tag came");
  });
});

test("the anonymous activation may be dispatched after the tag is included", async (stage) => {
  await onBrandPage(stage, {}, async ({ page, chat }) => {
    await eventually(() => page.evaluate("typeof iAdvizeInterface.activate === 'function'"), { what: "the tag" });
    await page.evaluate(ANONYMOUS);
    await chat.open();
    await chat.send("Dispatched after the tag came");
  });
});

test("a second login under way prints the documented failure", async (stage) => {
  const token = makeVisitorToken(claimsOf("sample-5"), stage.manifest);
  await onBrandPage(stage, { scripts: [RESULT_CALLBACK], token: () => token }, async ({ page, chat, printed }) => {
    await page.evaluate(ANONYMOUS);
    await chat.launcher.waitFor();
    await page.evaluate(LOGIN_WITH_RESULT + LOGIN_WITH_RESULT);
    await line(printed, 1);
    const results = printed.map((text) => JSON.parse(text).authentication);
    const option = { type: "SECURED_AUTHENTICATION", token };
    const failure = results.find(({ status }) => status === "authentication-failure");
    assert.deepEqual(failure, { option, status: "authentication-failure", reason: "A login is already ongoing", code: "ACTIVATION_ONGOING" });
    assert.deepEqual(results.find(({ status }) => status === "authentication-success"), { option, status: "authentication-success" });
  });
});

test("the result goes to activate's second argument, too", async (stage) => {
  const token = makeVisitorToken(claimsOf("sample-6"), stage.manifest);
  await onBrandPage(stage, { scripts: [RESULT_CALLBACK, LOGIN_WITH_CALLBACK], token: () => token }, async ({ printed, chat }) => {
    const option = { type: "SECURED_AUTHENTICATION", token };
    assert.deepEqual(JSON.parse(await line(printed)), { authentication: { option, status: "authentication-success" } });
    await chat.open();
    assert.equal(printed.length, 1);
  });
});

test("after the printed logout no conversation can start until a new activation", async (stage) => {
  const token = () => makeVisitorToken(claimsOf("sample-7"), stage.manifest);
  await onBrandPage(stage, { scripts: [RESULT_CALLBACK, LOGIN_WITH_RESULT, LOGOUT], token }, async ({ page, chat, printed }) => {
    await chat.open();
    await chat.send("Before the logout");
    await page.getByRole("button", { name: "Go" }).click();
    await page.locator("iframe").waitFor({ state: "detached" });
    // What could bring a chat back without an activation does not.
    await page.evaluate("iAdvizeInterface.openChatbox(); iAdvizeInterface.navigate('/next'); iAdvizeInterface.get('chatbox:status')");
    assert.equal(await page.locator("iframe").count(), 0);
    assert.equal(await page.evaluate("iAdvizeInterface.get('conversation:id')"), null);
    await page.evaluate(LOGIN_WITH_RESULT);
    assert.equal(JSON.parse(await line(printed, 1)).authentication.status, "authentication-success");
    await chat.open();
    await chat.see("Before the logout");
  });
});

test("the printed claims name the visitor, and are refused at the printed time", async (stage) => {
  const printedClaims = { "https://iadvize.com/userId": "myuserid", iss: "https://livechat.iadvize.com", exp: 1602060589 };
  let claims = { ...printedClaims, exp: claimsOf("").exp };
  const token = () => makeVisitorToken(claims, stage.manifest);
  await onBrandPage(stage, { scripts: [RESULT_CALLBACK, LOGIN_WITH_RESULT], token }, async ({ page, chat, printed }) => {
    assert.equal(JSON.parse(await line(printed)).authentication.status, "authentication-success");
    const desk = await stage.agent();
    await chat.open();
    await chat.send("As myuserid");
    await desk.open("As myuserid");
    await desk.padlock(/^Verified/).waitFor();
    await desk.page.getByRole("complementary", { name: "Visitor" }).getByText("myuserid", { exact: true }).waitFor();
    claims = printedClaims;
    await page.reload();
    assert.equal(JSON.parse(await line(printed, 1)).authentication.code, "TOKEN_EXPIRED");
  });
});

test("the printed visitor data stands on the desk, every field of it", async (stage) => {
  const visitorData = {
    country: "France",
    firstName: "Jane",
    lastName: "Doe",
    zipCode: "44000",
    address: "9 rue Nina Simone",
    phoneNumber: "+33651229856",
    city: "Nantes",
    email: "jane.doe@email.com",
  };
  const claims = {
    "https://iadvize.com/userId": "test_documentation",
    iss: "https://test.iadvize.com",
    "https://iadvize.com/visitorData": visitorData,
    exp: claimsOf("").exp,
  };
  const token = () => makeVisitorToken(claims, stage.manifest);
  await onBrandPage(stage, { scripts: [RESULT_CALLBACK, LOGIN_WITH_RESULT], token }, async ({ chat, printed }) => {
    assert.equal(JSON.parse(await line(printed)).authentication.status, "authentication-success");
    const desk = await stage.agent();
    await chat.open();
    await chat.send("This is Jane");
    await desk.open("This is Jane");
    const proved = desk.page.getByRole("complementary", { name: "Visitor" }).getByRole("region", { name: /^From verified token/ });
    for (const value of Object.values(visitorData)) await proved.getByText(value, { exact: true }).waitFor();
  });
});
