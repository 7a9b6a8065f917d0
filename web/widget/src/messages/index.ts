import { en } from "./en";
import { fr } from "./fr";
import type { Messages } from "./messages";

export type { Messages } from "./messages";

/** The languages the widget speaks; English answers for all others. */
export const LANGUAGES: readonly Messages[] = [en, fr];

/** The words for a language tag such as `fr-CA`. */
export function messagesFor(language: string): Messages {
  const primary = language.toLowerCase().split("-")[0];
  return LANGUAGES.find((messages) => messages.language === primary) ?? en;
}
