/** What persists: local storage of Signet's origin, or memory when that is blocked or not consented to. */
import type { DeviceStore, HandleStore } from "@signet/client";

/** Everything of one project that may persist on this device. */
export interface ConsentingDeviceStore extends DeviceStore {
  readonly signOuts: HandleStore;
  /** Without permission everything is kept for this page only, and what was stored is removed. */
  permit(allowed: boolean): void;
}

/** One value under one key, in memory and, while it is allowed, in storage. */
interface Slot {
  load(): string | null;
  save(value: string): void;
  forget(): void;
  permit(allowed: boolean): void;
  /** The next page will find what was saved. */
  lasts(): boolean;
}

/** `storage` throws on every touch where the browser blocks third parties; that must change nothing but memory. */
function createSlot(key: string, permitted: boolean, storage: () => Storage): Slot {
  let allowed = permitted;
  let held: string | null = null;
  const attempt = <T>(action: (place: Storage) => T): T | undefined => {
    try {
      return action(storage());
    } catch {
      return undefined;
    }
  };
  const remove = (): unknown => attempt((place) => place.removeItem(key));
  const save = (value: string): void => {
    held = value;
    if (allowed) attempt((place) => place.setItem(key, value));
  };
  return {
    // Storage is the truth where there is one: another tab may have changed it.
    load: () => {
      const stored = allowed ? attempt((place) => place.getItem(key)) : undefined;
      return stored === undefined ? held : stored;
    },
    save,
    forget: () => {
      held = null;
      remove();
    },
    permit: (now) => {
      allowed = now;
      if (!now) remove();
      else if (held !== null) save(held);
    },
    lasts: () => allowed && attempt((place) => place.getItem(key)) != null,
  };
}

/** A page may have been a person's and then a guest's, without a sign-out: the older sessions end with the newest. */
const MOST_OPEN = 5;

/** Sign-out handles: those of open sessions, newest first, and those the server has not heard of. One to a line. */
function createHandleStore(open: Slot, due: Slot): HandleStore {
  const read = (slot: Slot): string[] => slot.load()?.split("\n") ?? [];
  const write = (slot: Slot, handles: readonly string[]): void =>
    handles.length > 0 ? slot.save(handles.join("\n")) : slot.forget();
  return {
    keep: (handle) => write(open, [...new Set([handle, ...read(open)])].slice(0, MOST_OPEN)),
    owe: (own) => {
      write(due, [...new Set([...read(due), ...read(open), ...(own === null ? [] : [own])])]);
      open.forget();
    },
    owed: () => read(due),
    paid: (handle) => write(due, read(due).filter((one) => one !== handle)),
  };
}

/** Makes the store of one project. */
export function createDeviceStore(
  projectId: string,
  permitted: boolean,
  storage: () => Storage,
  newId: () => string,
): ConsentingDeviceStore {
  const slots = ["device", "browser", "session", "signed-out"].map((name) =>
    createSlot(`signet:${projectId}:${name}`, permitted, storage),
  );
  const [device, browser, open, due] = slots as [Slot, Slot, Slot, Slot];
  return {
    load: device.load,
    save: device.save,
    forget: device.forget,
    browserId: () => {
      // Another tab may have signed out, or made one, since.
      const id = browser.load() ?? newId();
      browser.save(id);
      // With an id that is gone with its page, every page would be a browser.
      return browser.lasts() ? id : null;
    },
    forgetBrowser: browser.forget,
    signOuts: createHandleStore(open, due),
    permit: (allowed) => {
      for (const slot of slots) slot.permit(allowed);
    },
  };
}
