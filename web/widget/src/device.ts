/** The device credential's place: local storage of Signet's origin, or nowhere when that is blocked or not consented to. */
import type { DeviceStore } from "@signet/client";

/** A device store that can be told to stop persisting. */
export interface ConsentingDeviceStore extends DeviceStore {
  /** Without permission the credential is kept for this page only, and what was stored is removed. */
  permit(allowed: boolean): void;
}

/** `storage` throws on every touch where the browser blocks third parties; that must change nothing but memory. */
export function createDeviceStore(projectId: string, permitted: boolean, storage: () => Storage): ConsentingDeviceStore {
  const key = `signet:${projectId}:device`;
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
  const save = (credential: string): void => {
    held = credential;
    if (allowed) attempt((place) => place.setItem(key, credential));
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
