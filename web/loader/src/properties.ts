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
export interface Properties {
  get(property: string): unknown;
  /** Changes a value from inside and tells the listeners if it is another one. */
  put(property: string, value: unknown): void;
  on(event: string, listener: Listener): void;
  off(event: string, listener: Listener): void;
  emit(event: string, value: unknown): void;
  /** The widget is gone. What the visitor consented to stays. */
  reset(): void;
  /** Names of all properties, for `help`. */
  names(): string[];
}

/** Makes the properties of a page without a widget. */
export function createProperties(): Properties {
  const listeners = Object.create(null) as Record<string, Listener[]>;
  const values: Record<string, unknown> = { ...UNLOADED, ...CONSENTS };
  const properties: Properties = {
    get: (property) => values[property],
    put: (property, value) => {
      // By its text, for `app:boundaries` is an object.
      if (JSON.stringify(values[property]) === JSON.stringify(value)) return;
      values[property] = value;
      properties.emit(`${property}Change`, value);
    },
    on: (event, listener) => {
      properties.off(event, listener);
      listeners[event]?.push(listener);
    },
    off: (event, listener) => {
      listeners[event] = (listeners[event] ?? []).filter((one) => one !== listener);
    },
    emit: (event, value) => {
      for (const listener of listeners[event] ?? []) isolated(() => listener(value));
    },
    reset: () => {
      for (const [property, value] of Object.entries(UNLOADED)) properties.put(property, value);
    },
    names: () => Object.keys(values),
  };
  return properties;
}
