/** A brand's keys in words: their state, their use, and the way out of a refusal. */
import { formatMoment } from "@signet/kit";
import { codeInWords } from "../failures/feed";
import type { Key, KeyTrial } from "./documents";

export const stateWords: Readonly<Record<Key["state"], string>> = {
  PENDING: "Pending",
  ACTIVE: "Active",
  RETIRING: "Retiring",
  REVOKED: "Revoked",
};

export const proofWords: Readonly<Record<NonNullable<Key["proof"]>, string>> = {
  CHALLENGE: "by a signed challenge",
  KEY_SET: "by the key set it stands in",
  OPERATOR: "by the platform’s operator",
};

/** What people call a key: its `kid`, else the beginning of its thumbprint. */
export function keyName({ keyId, thumbprint }: Pick<Key, "keyId" | "thumbprint">): string {
  return keyId ?? `${thumbprint.slice(0, 10)}…`;
}

/** Whether it verifies tokens. */
export function verifies({ state }: Pick<Key, "state">): boolean {
  return state === "ACTIVE" || state === "RETIRING";
}

/** How much of the last seven days' sessions is a key's. */
export function useInWords({ uses, share }: Pick<Key, "uses" | "share">): string {
  if (uses === 0) return "No session in the last 7 days";
  const sessions = uses === 1 ? "1 session" : `${uses.toLocaleString("en-GB")} sessions`;
  return `${percentOf(share ?? 0)} of the last 7 days, ${sessions}`;
}

/** Never 0 % of something, nor 100 % of less than all. */
export function percentOf(share: number): string {
  const percent = Math.round(share * 100);
  if (share > 0 && percent === 0) return "Under 1 %";
  return `${share < 1 ? Math.min(percent, 99) : 100} %`;
}

/** What ends when a key is revoked, in sentences with code between backticks. `live`: its sessions now, if that is known. */
export function revocationOf(key: Key, all: readonly Key[], mode: string, live: number | null): readonly string[] {
  if (!verifies(key)) return ["It verifies nothing yet, so nobody notices.", "It cannot be registered again."];
  const isOnly = all.filter(verifies).length === 1;
  return [
    "Tokens signed with it are refused from the next second on.",
    endOf(live),
    ...(key.uses > 0 ? [`It is in use: ${useInWords(key).replace(/^U/, "u")}.`] : []),
    ...(isOnly
      ? [
          mode === "ON"
            ? "It is the only one that verifies tokens. Until another is active, every sign-in is refused with `PROJECT_NOT_SET_UP`."
            : "It is the only one that verifies tokens. Until another is active, nobody can be verified.",
        ]
      : []),
    "It cannot come back.",
  ];
}

function endOf(live: number | null): string {
  switch (live) {
    case null:
      return "Every session that it opened or last renewed ends within five seconds: those visitors have to prove anew who they are.";
    case 0:
      return "It holds no session open now, so none ends.";
    case 1:
      return "Ends 1 session within five seconds: that visitor has to prove anew who they are.";
    default:
      return `Ends ${live.toLocaleString("en-GB")} sessions within five seconds: those visitors have to prove anew who they are.`;
  }
}

/** What trying a key on the last tokens showed. */
export interface TrialWords {
  readonly look: "good" | "bad" | "nothing";
  readonly title: string;
  readonly more: readonly string[];
}

/** `isFirst`: no other key verifies tokens, and without one none is opened. */
export function trialInWords({ tried, verified, notTriable, oldest, newest }: Omit<KeyTrial, "userErrors">, isFirst: boolean, now: number): TrialWords {
  if (tried + notTriable === 0)
    return {
      look: "nothing",
      title: "No token to try it on",
      more: isFirst
        ? ["No key verifies tokens here yet, and until one does they are refused unopened. This key can only be tried once another is active."]
        : ["None came in the last 15 minutes. Let your provider make one, such as by signing in at your site, and try again."],
    };
  const span = oldest === null || newest === null ? "" : spanOf(formatMoment(oldest, now), formatMoment(newest, now));
  const untried =
    notTriable === 0
      ? []
      : [`${countOf(notTriable)} could not be tried: \`EdDSA\` signs the token itself, and Signet keeps none. The Token Doctor takes one that you paste.`];
  if (tried === 0) return { look: "nothing", title: "No token that can be tried", more: untried };
  if (verified === 0)
    return {
      look: "bad",
      title: `It verifies none of the last ${countOf(tried)}${span}`,
      more: [
        "That is as it should be while your provider still signs with another key. If it signs with this one already, this is not its public half.",
        ...untried,
      ],
    };
  const isAll = verified === tried;
  return {
    look: "good",
    title: isAll && tried === 1 ? `It verifies the last token${span}` : `It verifies ${isAll ? "all" : verified} of the last ${countOf(tried)}${span}`,
    more: [...(isAll ? [] : ["The others are signed with another key, or damaged."]), ...untried],
  };
}

function countOf(tokens: number): string {
  return tokens === 1 ? "1 token" : `${tokens} tokens`;
}

function spanOf(from: string, to: string): string {
  return from === to ? `, at ${from}` : `, from ${from} to ${to}`;
}

export const NEW_PAIR = `openssl genpkey -out privateKey.pem -algorithm RSA -pkeyopt rsa_keygen_bits:2048
openssl rsa -in privateKey.pem -pubout -out publicKey.pem`;

const PUBLIC_HALF = "openssl pkey -in privateKey.pem -pubout -out publicKey.pem";

export interface WayOut {
  readonly words: string;
  readonly command?: string;
}

/** Codes of keys that can be broken, or are of a kind that is not accepted: another pair is the only way. */
const ANOTHER_PAIR: ReadonlySet<string> = new Set([
  "KEY_TOO_SMALL",
  "KEY_TOO_LARGE",
  "KEY_EXPONENT_UNSAFE",
  "KEY_SMALL_FACTOR",
  "KEY_ROCA_WEAK",
  "KEY_SMALL_ORDER",
  "KEY_TYPE_NOT_ACCEPTED",
]);

/** What to do about a refused key; `null` where the refusal says it all. */
export function wayOut(code: string | null): WayOut | null {
  if (code === null) return null;
  if (ANOTHER_PAIR.has(code)) return { words: "Make another pair, and register its public half:", command: NEW_PAIR };
  switch (code) {
    case "KEY_IS_PRIVATE":
      return { words: "Make a new pair, keep its private half where tokens are made, and give the public half only:", command: NEW_PAIR };
    case "KEY_UNREADABLE":
      return { words: "If you have the private key in a file, this writes its public half to another:", command: PUBLIC_HALF };
    case "KEY_IS_CERTIFICATE":
      return { words: "This writes the public key of a certificate to a file:", command: "openssl x509 -in certificate.pem -pubkey -noout > publicKey.pem" };
    case "KEY_WRONG_USE":
      return { words: "The JWK says that it is for something else than signatures. Take the one whose `use` is `sig`, or paste the key as PEM." };
    case "KEY_OF_ANOTHER_ORGANISATION":
      return { words: "Each project has keys of its own, so that one brand’s key never opens another’s sessions." };
    case "KEY_EXISTS":
      return { words: "Look for it in the list, also among the revoked ones. What was revoked needs a new pair." };
    default:
      return null;
  }
}

/** A PEM whose line breaks are the two characters `\n`, as environment files and JSON have them, with real ones; `null`: it is none. */
export function withLineBreaks(text: string): string | null {
  if (!/-----BEGIN [A-Z ]+-----(?:\\r)?\\n/.test(text)) return null;
  return text.replace(/(?:\\r)?\\n/g, "\n").replace(/^[\s"']+|[\s"',;]+$/g, "");
}

/** Whether a text is, or has in it, the private half of a key. Such a text is not sent anywhere. */
export function isPrivate(text: string): boolean {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return true;
  try {
    return hasSecret(JSON.parse(text));
  } catch {
    return false;
  }
}

/** Members of a JWK that only private and symmetric keys have (RFC 7518 section 6), at any depth. */
function hasSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return "d" in value || "k" in value || Object.values(value).some(hasSecret);
}

/** Why a set could not be used, or a key of it is left out. */
export function setFaultInWords(code: string): string {
  return setFaults[code] ?? `${codeInWords(code)}.`;
}

const setFaults: Readonly<Record<string, string>> = {
  ADDRESS_UNREACHABLE: "The address could not be reached.",
  ADDRESS_TIMED_OUT: "The address did not answer in time.",
  ADDRESS_NOT_PUBLIC: "The address leads into a private network.",
  ADDRESS_REDIRECTS: "The address leads to another one.",
  ADDRESS_STATUS_NOT_OK: "The address answers with an error.",
  KEY_SET_EMPTY: "No usable key stands in the set.",
  KEY_SET_UNREADABLE: "What the address answers is no JWK set.",
};
