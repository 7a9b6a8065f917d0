/** Notices whatever runs in a page that should not, and whatever a page's policy had to stop. */
import assert from "node:assert/strict";

/** @typedef {import("playwright-core").BrowserContext} BrowserContext */
/** @typedef {import("playwright-core").Frame} Frame */

/**
 * From now on, notes every call of `alert`, `confirm` and `prompt`, every dialog and every breach of a policy, in all frames of all
 * pages of a context.
 * @param {BrowserContext} context
 * @param {string[]} [noted] a list to go on with
 */
export async function watch(context, noted = []) {
  await context.exposeBinding("canaryNote", ({ frame }, what) => void noted.push(`${what} in ${frame.url()}`));
  await context.addInitScript(() => {
    const note = /** @type {(what: string) => void} */ (Reflect.get(window, "canaryNote"));
    for (const name of ["alert", "confirm", "prompt"]) {
      Object.assign(window, { [name]: (/** @type {unknown} */ said) => note(`${name} ${said}`) });
    }
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) =>
      note(`violation of ${violatedDirective}: ${blockedURI} ${sample}`),
    );
  });
  context.on("dialog", (dialog) => {
    noted.push(`${dialog.type()} ${dialog.message()}`);
    void dialog.dismiss();
  });
  return noted;
}

/**
 * Fails if a document holds a script of somebody else's, a handler in its markup, a frame, or a link that leads anywhere but to a web page.
 * @param {Frame} frame
 */
export async function assertHarmless(frame) {
  const found = await frame.evaluate(() => {
    const harmful = [];
    for (const element of document.querySelectorAll("*")) {
      if (element.matches("iframe,object,embed,base,math,marquee,script:not([src])")) harmful.push(element.outerHTML.slice(0, 120));
      for (const { name, value } of element.attributes) {
        if (/^on/i.test(name)) harmful.push(`${name}=${value}`);
        if (!/^(.*:)?(href|src|action|formaction|data|srcset|ping)$/i.test(name)) continue;
        if (!["http:", "https:"].includes(new URL(value, document.baseURI).protocol)) harmful.push(`${name}=${value}`);
      }
    }
    return harmful;
  });
  assert.deepEqual(found, [], frame.url());
}
