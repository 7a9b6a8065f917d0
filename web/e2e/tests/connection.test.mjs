/** Networks and servers fail; what was written is sent once they are back, and once only. */
import assert from "node:assert/strict";
import { scene } from "../harness/stage.mjs";

const test = scene();

test("a message written while the server is away is delivered once, after it is back", async (stage) => {
  const [shop, desk] = [await stage.visitor(), await stage.agent()];
  const { chat } = shop;
  await chat.open();
  await chat.send("Before the restart");
  await desk.open("Before the restart");

  await stage.signet.stop();
  await chat.write("Written in the meantime");
  await stage.signet.start();
  await chat.settled();
  await desk.see("Written in the meantime");
  await desk.reply("Both arrived");
  await chat.see("Both arrived");
  for (const log of [chat.log, desk.log]) {
    for (const text of ["Before the restart", "Written in the meantime", "Both arrived"]) {
      assert.equal(await log.getByText(text, { exact: true }).count(), 1, text);
    }
  }
});

test("a message written offline is delivered once, after the network is back", async (stage) => {
  const [shop, desk] = [await stage.visitor(), await stage.agent()];
  const { chat } = shop;
  await chat.open();
  await chat.send("Online");
  await desk.open("Online");

  await shop.page.context().setOffline(true);
  await chat.root.getByText(/^You are offline/).waitFor();
  await chat.write("Written offline");
  await desk.reply("Answered meanwhile");
  await shop.page.context().setOffline(false);
  await chat.settled();
  await chat.see("Answered meanwhile");
  await desk.see("Written offline");
  for (const log of [chat.log, desk.log]) {
    assert.equal(await log.getByText("Written offline", { exact: true }).count(), 1);
  }
});
