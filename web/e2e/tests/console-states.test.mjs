/** Every page of the console while it waits, when it cannot be read, and on a telephone. */
import assert from "node:assert/strict";
import { assertAccessible } from "../harness/axe.mjs";
import { Console } from "../harness/console.mjs";
import { scene } from "../harness/stage.mjs";

const test = scene();

/** Name in the navigation, heading, and whether it reads something before it is whole. */
const PAGES = /** @type {const} */ ([
  ["Settings", "Project settings"],
  ["Signing keys", "Signing keys"],
  ["Failures", "Authentication failures"],
  ["Groups", "Groups"],
  ["API clients", "API clients"],
  ["Audit log", "Audit log"],
]);

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  test(`each page says that it waits, why it cannot be read, and is read at last, ${colorScheme}`, async (stage) => {
    const context = await stage.context({ colorScheme, viewport: { width: 390, height: 844 } });
    const office = new Console(await context.newPage(), stage.manifest);
    const { page } = office;
    await office.signIn();
    for (const [name, heading] of PAGES) {
      await page.unrouteAll();
      await office.goTo("People");
      await page.getByRole("list", { name: "People" }).waitFor();
      /** @type {((isReached: boolean) => void)[]} */
      const waiting = [];
      await page.route("**/graphql", async (route) => {
        const isReached = await new Promise((resolve) => waiting.push(resolve));
        await (isReached ? route.fallback() : route.abort());
      });
      await office.goTo(name);
      await office.see(heading);
      await office.main.getByRole("status").getByText("Loading…").waitFor();
      await assertAccessible(page.mainFrame(), `${name}, waiting`);
      for (const answer of waiting) answer(false);
      await page.unrouteAll({ behavior: "ignoreErrors" });
      await page.route("**/graphql", (route) => route.abort());
      await office.main.getByRole("alert").getByText("Signet cannot be reached.", { exact: false }).first().waitFor();
      await assertAccessible(page.mainFrame(), `${name}, not reached`);
      assert.equal(await office.isCutOff(), false, `nothing of ${name} is cut off at the side`);
      await page.unrouteAll();
      const again = office.main.getByRole("button", { name: /^(Try again|Refresh)$/ });
      // The others look again by themselves, every ten seconds.
      if ((await again.count()) > 0) await again.click();
      await office.main.getByText("Signet cannot be reached.", { exact: false }).first().waitFor({ state: "detached" });
      await assertAccessible(page.mainFrame(), `${name}, read at last`);
    }
  });
}
