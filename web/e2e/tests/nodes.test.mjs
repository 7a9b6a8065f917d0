/** One person, two tabs and two devices, and an agent, each at another node of one installation: they notice nothing of that. */
import assert from "node:assert/strict";
import { onSinglePageSite } from "../harness/brand-site.mjs";
import { Cluster } from "../harness/cluster.mjs";
import { scene } from "../harness/stage.mjs";
import { assertThread } from "../harness/thread.mjs";
import { findSecrets, readPage } from "../harness/traces.mjs";
import { eventually } from "../harness/wait.mjs";

/** @type {Cluster | undefined} */
let cluster;
const test = scene({ start: async () => (cluster = await Cluster.start()) });

test("two tabs and two devices of one person at two nodes are one conversation, and go on at one when the other ends", async (stage) => {
  const { nodes, visitorSockets } = /** @type {Cluster} */ (cluster);
  await onSinglePageSite(stage, async ({ device }) => {
    const laptop = await device();
    const left = await laptop.tab();
    await left.signIn("nodes-1");
    const right = await laptop.tab();
    const telephone = await (await device()).tab();
    await telephone.signIn("nodes-1");
    const tabs = [left, right, telephone];
    for (const { chat } of tabs) await chat.open();
    const desk = await stage.agent();
    await eventually(() => visitorSockets.toSorted().join() === "1,2", { what: "three sockets at two nodes" });

    // Written at once, at both nodes: one conversation, in one order.
    await Promise.all([left.chat.send("Nodes: from the left"), telephone.chat.send("Nodes: from the telephone")]);
    await right.chat.send("Nodes: from the right");
    for (const { chat } of tabs) await chat.see("Nodes: from the right");
    await desk.open("Nodes: from the right");
    await desk.padlock(/^Verified/).waitFor();
    await desk.reply("Nodes: the answer");
    const order = (await desk.log.innerText()).match(/Nodes: from the (?:left|telephone)/g) ?? [];
    assert.equal(order.length, 2);
    for (const side of [...tabs.map(({ chat }) => chat), desk]) await assertThread(side, [...order, "Nodes: from the right", "Nodes: the answer"]);
    await left.chat.field.fill("Nodes: half");
    await eventually(async () => (await right.chat.field.inputValue()) === "Nodes: half", { what: "the draft in the other tab" });
    await left.chat.field.fill("");

    // One node is stopped for good: whoever was there comes to the other, and nothing is lost or twice.
    await nodes[0]?.stop();
    await Promise.all([left.chat.send("Nodes: one left"), telephone.chat.send("Nodes: one telephone")]);
    await desk.see("Nodes: one left");
    await desk.reply("Nodes: still here");
    for (const { chat } of tabs) await chat.see("Nodes: still here");
    for (const { log } of [...tabs.map(({ chat }) => chat), desk]) {
      for (const text of ["Nodes: one left", "Nodes: one telephone", "Nodes: still here"]) {
        await log.getByText(text, { exact: true }).waitFor();
        assert.equal(await log.getByText(text, { exact: true }).count(), 1, text);
      }
    }

    await left.signOut();
    for (const tab of [left, right]) {
      await tab.page.locator("iframe").waitFor({ state: "detached" });
      assert.deepEqual(findSecrets(await readPage(tab.page), ["Nodes: the answer"]), []);
    }
    await telephone.chat.send("Nodes: the telephone stays");
    await desk.see("Nodes: the telephone stays");
    await desk.padlock(/^Verified/).waitFor();
  });
});
