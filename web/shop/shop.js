/* What any brand's pages do with the tag: say who is here on every page, and say goodbye on the way out. */
"use strict";

(() => {
  const signedIn = document.documentElement.dataset.signedIn === "true";

  const anonymous = () => ({ authenticationOption: { type: "ANONYMOUS" } });

  // Asked on every page, and again whenever identity must be proved anew.
  const secured = async () => {
    const response = await fetch("/signet-token", { credentials: "same-origin", cache: "no-store" });
    if (!response.ok) throw new Error(`the shop gave no token: ${response.status}`);
    const { token } = await response.json();
    return { authenticationOption: { type: "SECURED_AUTHENTICATION", token } };
  };

  iAdvizeInterface.push(async (iAdvize) => {
    const { authentication } = await iAdvize.activate(signedIn ? secured : anonymous);
    if (authentication.status === "authentication-failure") {
      console.warn("The chat could not start:", authentication.reason, authentication.code, authentication.correlationId);
    }
  });

  for (const button of document.querySelectorAll("[data-open-chat]")) {
    button.addEventListener("click", () => iAdvizeInterface.push((iAdvize) => iAdvize.openChatbox()));
  }

  // Signing out waits for the chat to be wiped, but never depends on it.
  const PATIENCE_MS = 4000;
  for (const form of document.querySelectorAll("[data-sign-out]")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      for (const button of form.querySelectorAll("button")) button.disabled = true;
      const wiped = new Promise((resolve) => {
        iAdvizeInterface.push(async (iAdvize) => {
          await iAdvize.logout().catch(() => undefined);
          resolve();
        });
      });
      await Promise.race([wiped, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
      form.submit();
    });
  }
})();
