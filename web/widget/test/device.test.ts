import { expect, test } from "vitest";
import { createDeviceStore } from "../src/device";

/** Local storage by its contract, in a map. */
class MapStorage implements Storage {
  readonly map = new Map<string, string>();
  get length(): number {
    return this.map.size;
  }
  clear = (): void => this.map.clear();
  key = (index: number): string | null => [...this.map.keys()][index] ?? null;
  getItem = (key: string): string | null => this.map.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.map.set(key, value);
  removeItem = (key: string): void => void this.map.delete(key);
}

let made = 0;
const createStore = (projectId: string, permitted: boolean, storage: () => Storage) =>
  createDeviceStore(projectId, permitted, storage, () => `browser-${(made += 1)}`);

test("keeps the credential for the next page", () => {
  const storage = new MapStorage();
  createStore("demo", true, () => storage).save("credential");
  expect(createStore("demo", true, () => storage).load()).toBe("credential");
  expect(createStore("other", true, () => storage).load()).toBeNull();
});

test("forgetting leaves nothing", () => {
  const storage = new MapStorage();
  const device = createStore("demo", true, () => storage);
  device.save("credential");
  device.forget();
  expect(device.load()).toBeNull();
  expect(storage.length).toBe(0);
});

test("without consent nothing is stored, nor read", () => {
  const storage = new MapStorage();
  storage.setItem("signet:demo:device", "earlier");
  const device = createStore("demo", false, () => storage);
  expect(device.load()).toBeNull();
  device.save("credential");
  expect(storage.getItem("signet:demo:device")).toBe("earlier");
  expect(device.load()).toBe("credential");
});

test("consent stores what is held, its withdrawal removes it", () => {
  const storage = new MapStorage();
  const device = createStore("demo", false, () => storage);
  device.save("credential");
  device.permit(true);
  expect(storage.getItem("signet:demo:device")).toBe("credential");
  device.permit(false);
  expect(storage.length).toBe(0);
});

test("blocked storage changes nothing but memory", () => {
  const device = createStore("demo", true, () => {
    throw new DOMException("blocked", "SecurityError");
  });
  device.save("credential");
  expect(device.load()).toBe("credential");
  device.forget();
  expect(device.load()).toBeNull();
});

test("the browser's id is made once, outlives the page and ends at sign-out", () => {
  const storage = new MapStorage();
  const id = createStore("demo", true, () => storage).browserId();
  const next = createStore("demo", true, () => storage);
  expect(next.browserId()).toBe(id);
  next.forgetBrowser();
  expect(storage.length).toBe(0);
  expect(next.browserId()).not.toBe(id);
});

test.each([
  ["blocks storage", true, (): Storage => { throw new Error("blocked"); }],
  ["is not allowed to keep anything", false, (): Storage => new MapStorage()],
])("a browser that %s has no id", (_, permitted, storage) => {
  expect(createStore("demo", permitted, storage).browserId()).toBeNull();
});

test("forgetting the credential at sign-in keeps the browser's id", () => {
  const storage = new MapStorage();
  const device = createStore("demo", true, () => storage);
  const id = device.browserId();
  device.forget();
  expect(device.browserId()).toBe(id);
});

test("a sign-out that the server has not heard of outlives its page", () => {
  const storage = new MapStorage();
  const signedIn = createStore("demo", true, () => storage);
  signedIn.signOuts.keep("handle-1");
  createStore("demo", true, () => storage).signOuts.owe(null);
  const next = createStore("demo", true, () => storage);
  expect(next.signOuts.owed()).toEqual(["handle-1"]);
  next.signOuts.owe("handle-2");
  next.signOuts.owe("handle-2");
  expect(signedIn.signOuts.owed()).toEqual(["handle-1", "handle-2"]);
  for (const handle of ["handle-1", "handle-2"]) next.signOuts.paid(handle);
  expect(storage.length).toBe(0);
});

test("what one tab forgot is not there for another", () => {
  const storage = new MapStorage();
  const [left, right] = [createStore("demo", true, () => storage), createStore("demo", true, () => storage)];
  left.save("credential");
  left.forget();
  expect(right.load()).toBeNull();
});
