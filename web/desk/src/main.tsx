import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { I18nProvider } from "react-aria-components";
import { App } from "./ui/app";
import { applyTheme, preferences } from "./ui/preferences";
import "@signet/kit/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/sign-in.css";
import "./styles/frame.css";
import "./styles/list.css";
import "./styles/thread.css";
import "./styles/profile.css";
import "./styles/console.css";
import "./styles/settings.css";
import "./styles/forms.css";
import "./styles/account.css";
import "./styles/entries.css";

applyTheme(preferences.get().theme);

const root = document.getElementById("desk");
if (root === null) throw new Error("the page has no element for the desk");
createRoot(root).render(
  <StrictMode>
    <I18nProvider locale="en-GB">
      <App />
    </I18nProvider>
  </StrictMode>,
);
