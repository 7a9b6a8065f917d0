/** The tag's readable properties and its events. Every property `P` has an event `PChange`. */

/** A listener of one event. */
export type Listener = (value: unknown) => unknown;

/** Runs code of the page. What it throws is reported and stops nothing. */
export function isolated(action: () => unknown): void {
  (async () => action())().catch((error: unknown) => console.error("[signet] a callback of this page failed", error));
}

/** What the properties say while there is no widget. */
const UNLOADED = {
  "tag:version": "LIGHT",
  "conversation:id": null,
  "visitor:assurance": null,
  "app:boundaries": null,
  "chatbox:status": "HIDDEN",
  "conversation:unreadCount": 0,
};

/** Properties that the page may set: what the visitor consented to. */
export const CONSENTS = { "visitor:cookiesConsent": null, "visitor:GDPRConsent": null };

/** Properties with their values, and who wants to hear of changes. */
export class Properties {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #values: Record<string, unknown> = {
    ...UNLOADED,
    ...CONSENTS,
  };

  /** The widget is gone. What the visitor consented to stays. */
  reset(): void {
    for (const [property, value] of Object.entries(UNLOADED)) this.put(property, value);
  }

  readonly get = (property: string): unknown => this.#values[property];

  /** Changes a value from inside and tells the listeners if it is another one. */
  readonly put = (property: string, value: unknown): void => {
    // By its text, for `app:boundaries` is an object.
    if (JSON.stringify(this.#values[property]) === JSON.stringify(value)) return;
    this.#values[property] = value;
    this.emit(`${property}Change`, value);
  };

  readonly on = (event: string, listener: Listener): void => {
    this.#listeners.set(event, (this.#listeners.get(event) ?? new Set()).add(listener));
  };

  readonly off = (event: string, listener: Listener): void => {
    this.#listeners.get(event)?.delete(listener);
  };

  readonly emit = (event: string, value: unknown): void => {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) isolated(() => listener(value));
  };

  /** Names of all properties, for `help`. */
  get names(): string[] {
    return Object.keys(this.#values);
  }
}
