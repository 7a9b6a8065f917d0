/** What a change of settings would do that somebody may not expect, said before it is done. */
import type { Settings } from "./documents";
import { type Form, formOf, type Change } from "./form";
import { retained } from "./retention-words";

export interface Risk {
  readonly field: keyof Form;
  /** With code between backticks. */
  readonly words: string;
}

type Key = Settings["customerKeys"][number];

/** Keys that verify tokens. */
export function verifyingKeys(settings: Settings): readonly Key[] {
  return settings.customerKeys.filter(({ state }) => state === "ACTIVE" || state === "RETIRING");
}

/** The risks of a change, in the order of the page. A setting that stays as it is has none. */
export function risksOf(settings: Settings, change: Change): readonly Risk[] {
  const form = formOf(settings, change);
  const found: Risk[] = [];
  if ("authenticatedMode" in change) found.push(...modeRisks(settings, form));
  if (change.requiresSessionKey) found.push(keyRisk);
  if ("tokenProfile" in change || "signatureAlgorithms" in change) found.push(...strictRisks(settings, form));
  if ("allowedOrigins" in change) found.push(...originRisks(settings, form));
  if ("retention" in change) found.push(...retentionRisks(settings, form));
  return found;
}

const keyRisk: Risk = {
  field: "requiresSessionKey",
  words: "Sessions without a key end at once, and clients that bring none are refused with `SESSION_KEY_REQUIRED`: your own, programs, and the chat where Signet has no TLS.",
};

function modeRisks(settings: Settings, form: Form): readonly Risk[] {
  const field = "authenticatedMode";
  if (form.authenticatedMode === "ON" && verifyingKeys(settings).length === 0)
    return [
      {
        field,
        words: "No signing key is active: until one is, every sign-in is refused with `PROJECT_NOT_SET_UP`.",
      },
    ];
  if (settings.authenticatedMode === "ON")
    return [{ field, words: "The chat will start for everybody by itself, also on pages that do not call `activate`." }];
  return [];
}

function strictRisks(settings: Settings, form: Form): readonly Risk[] {
  if (form.tokenProfile !== "STRICT") return [];
  const keys = verifyingKeys(settings);
  const nameless = keys.filter(({ keyId }) => keyId === null).length;
  const found: Risk[] = [];
  if (settings.tokenProfile !== "STRICT")
    found.push({
      field: "tokenProfile",
      words:
        "Tokens without `typ`, `kid` in both headers, `aud`, `iat` and `jti` will be refused. Take one that your provider makes to the Token Doctor before.",
    });
  if (nameless > 0)
    found.push({
      field: "tokenProfile",
      words: `${countOf(nameless, "active key has", "active keys have")} no key id, which every token has to name: no token of such a key will be accepted.`,
    });
  const unlisted = keys.filter(({ algorithm }) => algorithm !== null && !form.signatureAlgorithms.includes(algorithm));
  for (const algorithm of new Set(unlisted.map((key) => key.algorithm)))
    found.push({
      field: "signatureAlgorithms",
      words: `There is an active key for \`${algorithm ?? ""}\`, which is not among the algorithms: its tokens will be refused.`,
    });
  return found;
}

function originRisks(settings: Settings, form: Form): readonly Risk[] {
  const gone = settings.allowedOrigins.filter((origin) => !form.allowedOrigins.includes(origin));
  return gone.map((origin) => ({
    field: "allowedOrigins",
    words: `Pages of \`${origin}\` will have no chat any more.`,
  }));
}

function retentionRisks({ retention: was }: Settings, { retention: will }: Form): readonly Risk[] {
  const isShorter = retained.some(({ field }) => (will[field] ?? Infinity) < (was[field] ?? Infinity));
  return isShorter ? [{ field: "retention", words: "What is older than the new limits goes for good, and soon." }] : [];
}

function countOf(count: number, one: string, many: string): string {
  return count === 1 ? `One ${one}` : `${count} ${many}`;
}
