/** What persists: local storage of Signet's origin, or memory when that is blocked or not consented to. */
import type { DeviceStore } from "@signet/client";

/** A device store that can be told to stop persisting. */
export interface ConsentingDeviceStore extends DeviceStore {
  /** Without permission everything is kept for this page only, and what was stored is removed. */
  permit(allowed: boolean): void;
}

/** One value under one key, in memory and, while it is allowed, in storage. */
interface Slot {
  load(): string | null;
  save(value: string): void;
  forget(): void;
  permit(allowed: boolean): void;
}

/** `storage` throws on every touch where the browser blocks third parties; that must change nothing but memory. */
function createSlot(key: string, permitted: boolean, storage: () => Storage): Slot {
  let allowed = permitted;
  let held: string | null = null;
  const attempt = <T>(action: (place: Storage) => T): T | null => {
    try {
      return action(storage());
    } catch {
      return null;
    }
  };
  const remove = (): unknown => attempt((place) => place.removeItem(key));
  const save = (value: string): void => {
    held = value;
    if (allowed) attempt((place) => place.setItem(key, value));
  };
  return {
    load: () => held ?? (allowed ? attempt((place) => place.getItem(key)) : null),
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
  };
}

/** Makes the store of one project. */
export function createDeviceStore(
  projectId: string,
  permitted: boolean,
  storage: () => Storage,
  newId: () => string,
): ConsentingDeviceStore {
  const device = createSlot(`signet:${projectId}:device`, permitted, storage);
  const browser = createSlot(`signet:${projectId}:browser`, permitted, storage);
  return {
    load: device.load,
    save: device.save,
    forget: device.forget,
    browserId: () => {
      // Another tab may have signed out, or made one, since.
      const id = browser.load() ?? newId();
      browser.save(id);
      return id;
    },
    forgetBrowser: browser.forget,
    permit: (allowed) => {
      device.permit(allowed);
      browser.permit(allowed);
    },
  };
}
