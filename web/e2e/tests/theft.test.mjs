/** What somebody can do with a session token that they took out of the chat's iframe: nothing. */
import assert from "node:assert/strict";
import { onSinglePageSite } from "../harness/brand-site.mjs";
import { scene } from "../harness/stage.mjs";
import { eventually } from "../harness/wait.mjs";

const test = scene();

test("D32 a session token taken out of the iframe is refused elsewhere while the chat goes on", async (stage) => {
  const { platformUrl, graphqlUrl, graphqlToken, projectId } = stage.manifest;
  await onSinglePageSite(stage, async ({ device }) => {
    const browser = await device();
    const tab = await browser.tab();
    /** @type {string | null} */
    let taken = null;
    tab.page.on("websocket", (socket) =>
      socket.on("framesent", ({ payload }) => {
        const frame = JSON.parse(String(payload));
        if (frame.type === "hello") taken = frame.token;
      }),
    );
    await tab.signIn("theft");
    await tab.chat.open();
    await tab.chat.send("Before the theft");
    const token = await eventually(() => taken, { what: "the session token" });
    const claims = JSON.parse(Buffer.from(String(token.split(".")[1]), "base64url").toString());
    assert.equal(typeof claims.cnf.jkt, "string", "the widget brought a key");

    const authorization = `Bearer ${token}`;
    const message = { clientMessageId: crypto.randomUUID(), text: "By the thief" };
    const answers = await Promise.all([
      fetch(`${platformUrl}/visitor/v1/history`, { headers: { authorization } }),
      fetch(`${platformUrl}/visitor/v1/messages`, {
        method: "POST",
        headers: { authorization, "content-type": "application/json" },
        body: JSON.stringify(message),
      }),
    ]);
    for (const answer of answers) {
      assert.equal(answer.status, 401);
      assert.equal((await answer.json()).code, "SESSION_PROOF_INVALID");
    }
    const query = `{ authenticationFailures(projectId: "${projectId}", first: 5, filter: { code: "SESSION_PROOF_INVALID" }) { nodes { fineCode } } }`;
    await eventually(
      async () => {
        const headers = { authorization: `Bearer ${graphqlToken}`, "content-type": "application/json" };
        const answer = await fetch(graphqlUrl, { method: "POST", headers, body: JSON.stringify({ query }) });
        const { data } = await answer.json();
        return data.authenticationFailures.nodes.filter((/** @type {any} */ node) => node.fineCode === "SESSION_PROOF_MISSING").length === 2;
      },
      { what: "the alerts in the failure feed" },
    );

    // History by HTTP and messages by the socket, in this tab, in another, and after a reload.
    await tab.chat.send("After the theft");
    const other = await browser.tab();
    await other.chat.open();
    await other.chat.see("After the theft");
    await other.chat.send("From the other tab");
    await tab.chat.see("From the other tab");
    await tab.reload();
    await tab.chat.open();
    await tab.chat.see("Before the theft");
    assert.equal(await tab.chat.root.getByText("By the thief").count(), 0);
  });
});
