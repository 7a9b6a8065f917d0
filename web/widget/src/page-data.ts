/**
 * What the page says of its visitor, `window.idzCustomData`: read within the server's limits, and told to it for the agents.
 *
 * What cannot be taken is named in the console, where whoever builds the page looks; values are not. Nothing is told before the server keeps
 * something of the visitor anyway. A page without the global changes nothing, one with another value replaces all that was said.
 */
import { TRANSPORT_RETRIES, backOff, pause } from "@signet/client";
import type { Environment, VisitorApi } from "@signet/client";
import type { CustomDataRequest } from "@signet/protocol";

/** Names and values. */
export type CustomMembers = CustomDataRequest["customData"];

/** What a page says. */
export interface PageData {
  /** What it calls its visitor, `extID`. */
  readonly extId: string | null;
  readonly members: CustomMembers;
}

/** Longest `extID`, characters. */
const EXT_ID = 50;
const MEMBERS = 50;
/** Longest name, characters. */
const KEY = 64;
/** Longest text, characters. */
const TEXT = 1_024;
/** Names and values together, bytes of UTF-8. */
const BYTES = 16 * 1_024;
/** More than could be told, however it is written. */
const READABLE = 256 * 1_024;

const NOTHING: PageData = { extId: null, members: {} };

/** The text of a page that has no `idzCustomData`. */
const ABSENT = "undefined";

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

const characters = (text: string): number => [...text].length;
const encoder = new TextEncoder();
const bytes = (text: string): number => encoder.encode(text).length;

/** Reads the page's words, as JSON; `warn` hears what is not taken, and why. */
export function readPageData(text: string, warn: (text: string) => void): PageData {
  const ignore = (what: string, why: string): void => warn(`${what} is ignored: ${why}`);
  if (text === ABSENT) return NOTHING;
  let said: unknown = null;
  try {
    if (text.length <= READABLE) said = JSON.parse(text);
  } catch {
    // As if it were something else.
  }
  if (typeof said !== "object" || said === null || Array.isArray(said)) {
    ignore("idzCustomData", "it is no object of texts, numbers and truth values");
    return NOTHING;
  }
  const { extID, ...others } = said as Record<string, unknown>;
  const members: CustomMembers = {};
  let [count, room] = [0, BYTES];
  for (const [key, value] of Object.entries(others)) {
    if (value === null || value === "") continue;
    const fault = faultOf(key, value);
    const size = bytes(key) + bytes(String(value));
    if (fault) ignore(`idzCustomData.${key.slice(0, KEY)}`, fault);
    else if (count === MEMBERS || size > room) {
      ignore("the rest of idzCustomData", `it has more than ${MEMBERS} members, or ${BYTES / 1_024} KB`);
      break;
    } else {
      members[key] = value as CustomMembers[string];
      count += 1;
      room -= size;
    }
  }
  return { extId: readExtId(extID, ignore), members };
}

function faultOf(key: string, value: unknown): string | null {
  if (key === "" || characters(key) > KEY || CONTROL.test(key)) return `a name has 1 to ${KEY} characters`;
  if (!["string", "number", "boolean"].includes(typeof value)) return "it is no text, number or truth value";
  return typeof value === "string" && characters(value) > TEXT ? `a text has at most ${TEXT} characters` : null;
}

function readExtId(value: unknown, ignore: (what: string, why: string) => void): string | null {
  if (!value) return null;
  const extId = String(value);
  if (!["string", "number"].includes(typeof value) || characters(extId) > EXT_ID || CONTROL.test(extId)) {
    ignore("idzCustomData.extID", `it has 1 to ${EXT_ID} characters`);
    return null;
  }
  return extId;
}

/** What the report works with. */
export interface PageReportParts {
  api: VisitorApi;
  environment: Environment;
  warn(text: string): void;
}

/** The page's words on their way to the server. */
export class PageReport {
  readonly #parts: PageReportParts;
  #text = ABSENT;
  #data = NOTHING;
  #told = "";
  #turn: Promise<void> = Promise.resolve();
  #warned = false;

  constructor(parts: PageReportParts) {
    this.#parts = parts;
  }

  /** The page's words as they are now. */
  take(text: string): PageData {
    if (text !== this.#text) {
      this.#text = text;
      this.#data = readPageData(text, this.#parts.warn);
    }
    return this.#data;
  }

  /** Somebody is known by a token: what the page calls them counts for nothing. */
  outdone(): void {
    if (this.#data.extId === null || this.#warned) return;
    this.#warned = true;
    this.#parts.warn("idzCustomData.extID is ignored: the token says who this is");
  }

  /** Tells the server what it has not been told of this visitor. `null` while it keeps nothing of anybody. */
  tell(token: string | null, visitorId: string | null): void {
    if (token === null || visitorId === null || this.#text === ABSENT) return;
    const telling = `${visitorId} ${this.#text}`;
    if (telling === this.#told) return;
    this.#told = telling;
    const { members } = this.#data;
    this.#turn = this.#turn.then(() => this.#tell(token, members, telling));
  }

  /** It was said of somebody else. */
  forget(): void {
    this.#told = "";
  }

  /** One after the other, so that the newest words come last; what is no longer the newest is not tried again. */
  async #tell(token: string, members: CustomMembers, telling: string): Promise<void> {
    const { api, environment } = this.#parts;
    for (let attempt = 0; telling === this.#told && !(await api.setCustomData(token, members)); attempt += 1) {
      if (attempt === TRANSPORT_RETRIES) return;
      await pause(environment, backOff(attempt, environment.random));
    }
  }
}
