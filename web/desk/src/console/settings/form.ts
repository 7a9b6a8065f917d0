/**
 * What stands in the fields of the settings page: the project's settings, and over them what was changed and not saved.
 * Only what was changed is sent, so that two people who change different settings do not undo each other's work.
 */
import type { Settings, UpdateInput } from "./documents";

/** The settings as fields hold them. Durations are whole seconds, and `null` while a field holds no number. */
export interface Form {
  readonly name: string;
  readonly authenticatedMode: Settings["authenticatedMode"];
  readonly sessionLifetimeSeconds: number | null;
  readonly tokenProfile: Settings["tokenProfile"];
  readonly tokenMaxLifetimeSeconds: number | null;
  readonly tokenLeewaySeconds: number | null;
  readonly claimPrefix: string;
  readonly issuers: readonly string[];
  readonly signatureAlgorithms: readonly string[];
  readonly keyManagement: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly allowsLoopback: boolean;
  readonly requiresSessionKey: boolean;
  /** Days; `null` keeps. It is changed as a whole. */
  readonly retention: Settings["retention"];
}

export type Change = Partial<Form>;

export const fieldNames: Readonly<Record<keyof Form, string>> = {
  name: "Name",
  authenticatedMode: "Authenticated mode",
  sessionLifetimeSeconds: "Session lifetime",
  tokenProfile: "Token profile",
  tokenMaxLifetimeSeconds: "Token lifetime",
  tokenLeewaySeconds: "Clock leeway",
  claimPrefix: "Claim prefix",
  issuers: "Issuers",
  signatureAlgorithms: "Signature algorithms",
  keyManagement: "Key management",
  allowedOrigins: "Origins",
  allowsLoopback: "Pages of one’s own machine",
  requiresSessionKey: "Session key demanded",
  retention: "Retention",
};

const fields = Object.keys(fieldNames) as readonly (keyof Form)[];

/** What the fields show. */
export function formOf(settings: Settings, change: Change): Form {
  return { ...settings, ...change };
}

/** The change without what is as it was. */
export function realChange(settings: Settings, change: Change): Change {
  const differing = fields.filter((field) => field in change && !isSame(settings[field], change[field]));
  return Object.fromEntries(differing.map((field) => [field, change[field]]));
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** The changed settings in words. */
export function changedNames(change: Change): string {
  return fields
    .filter((field) => field in change)
    .map((field) => fieldNames[field])
    .join(", ");
}

/** What is to be sent, or the field that holds no number. */
export function inputOf(projectId: string, change: Change): UpdateInput | { readonly incomplete: keyof Form } {
  const incomplete = fields.find((field) => change[field] === null);
  if (incomplete !== undefined) return { incomplete };
  const { name, ...settings } = change;
  return { projectId, ...(name !== undefined && { name }), settings: settings as UpdateInput["settings"] & object };
}

/**
 * The origin of an address as somebody types or pastes it, as browsers write it; `null` if it has none. A page's whole
 * address, capitals and a default port are put right; a host alone is taken to be reached by https.
 */
export function originOf(text: string): string | null {
  const typed = text.trim();
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `https://${typed}`;
  try {
    const url = new URL(address);
    const isWeb = (url.protocol === "https:" || url.protocol === "http:") && url.username === "";
    return isWeb && !/\s/.test(typed) ? url.origin : null;
  } catch {
    return null;
  }
}
