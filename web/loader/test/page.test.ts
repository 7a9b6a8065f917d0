import type { ToWidget } from "@signet/protocol";
import { expect, test, vi } from "vitest";
import type { Heard } from "../src/frame";
import type { Config, Interface } from "../src/interface";
import { install } from "../src/page";
import type { Host, Page, Queue, Settings } from "../src/page";

interface Browser extends Host {
  settings: string[];
  widgets: { sid: string; persist: () => boolean }[];
  told: ToWidget[];
  warnings: string[];
  accompanied: Config[];
  /** Comes back to the page. */
  comeBack(): void;
}

/** A browser whose widget accepts every activation and whose settings script says `mode`, or all of `settings`. */
function browser(_page: Page, mode = "ON", settings: Settings = { authenticatedMode: mode }): Browser {
  const made: Browser = {
    settings: [],
    widgets: [],
    told: [],
    warnings: [],
    alone: (work) => work(),
    loadCompanion: () => Promise.resolve({ accompany: (_tag, config) => void made.accompanied.push(config), printHelp: () => undefined }),
    accompanied: [],
    warn: (text) => void made.warnings.push(text),
    comeBack: () => undefined,
    onReturn: (action) => {
      made.comeBack = action;
    },
    loadSettings: (sid) => {
      made.settings.push(sid);
      return Promise.resolve(settings);
    },
    openWidget: (sid, _lang, persist, listener: (message: Heard) => void) => {
      made.widgets.push({ sid, persist });
      return Promise.resolve({
        post: (message: ToWidget) => {
          made.told.push(message);
          if (message.type === "activate") {
            queueMicrotask(() => listener({ type: "activated", id: message.id, correlationId: "c-0" }));
          }
        },
        place: () => ({ width: 1, height: 1, bottom: 0, right: 0 }),
        hide: () => null,
        check: () => undefined,
        remove: () => undefined,
      });
    },
  };
  return made;
}

function queue(...jobs: unknown[]): Queue {
  return Object.assign(jobs, { config: { sid: "demo" } }) as Queue;
}

const anonymous = () => ({ authenticationOption: { type: "ANONYMOUS" } });
/** The interface under its compatible name. */
const tagOf = (page: Page): Interface => page.iAdvizeInterface as unknown as Interface;

test("runs what was queued, in order, then what is pushed later, at once", async () => {
  const report = vi.spyOn(console, "error").mockReturnValue();
  const order: unknown[] = [];
  const held = queue(
    () => {
      order.push("first");
      throw new Error("a mistake of the page");
    },
    "no function",
    (iAdvize: unknown) => order.push(iAdvize === held),
  );
  const page: Page = { iAdvizeInterface: held };
  install(page, browser(page));
  expect(order).toEqual(["first", true]);
  await vi.waitFor(() => expect(report).toHaveBeenCalledOnce());
  expect(held.push(() => order.push("later"))).toBe(4);
  expect(order.at(-1)).toBe("later");
  report.mockRestore();
});

test("both names are one object, also when the page had two queues", () => {
  const ran: string[] = [];
  const page: Page = { iAdvizeInterface: queue(() => ran.push("one")), signetInterface: queue(() => ran.push("two")) };
  const second = page.signetInterface;
  install(page, browser(page));
  expect(page.signetInterface).toBe(page.iAdvizeInterface);
  expect(ran).toEqual(["one", "two"]);
  second?.push(() => ran.push("three"));
  expect(ran.at(-1)).toBe("three");
});

test("a page without a snippet gets the interface and a warning", () => {
  const page: Page = {};
  const host = browser(page);
  install(page, host);
  expect(typeof tagOf(page).activate).toBe("function");
  expect(host.warnings).toHaveLength(1);
  expect(host.settings).toEqual([]);
});

test("loaded twice, the second copy does nothing", () => {
  const page: Page = { iAdvizeInterface: queue() };
  install(page, browser(page));
  const { activate } = tagOf(page);
  const again = browser(page);
  install(page, again);
  expect(tagOf(page).activate).toBe(activate);
  expect(again.settings).toEqual([]);
});

test("asks for the settings only when nobody has activated", async () => {
  const page: Page = { iAdvizeInterface: queue((iAdvize: Interface) => iAdvize.activate(anonymous)) };
  const host = browser(page, "OFF");
  install(page, host);
  expect(host.settings).toEqual([]);
  await vi.waitFor(() => expect(host.told).toHaveLength(1));
});

test.each([
  ["ON", 0],
  ["OFF", 1],
  ["OBSERVE", 1],
  ["SOMETHING", 0],
])("with authenticated mode %s starts %i session by itself", async (mode, started) => {
  const page: Page = { iAdvizeInterface: queue() };
  const host = browser(page, mode);
  install(page, host);
  expect(host.settings).toEqual(["demo"]);
  await vi.waitFor(() => expect(host.told).toHaveLength(started));
  expect(host.widgets).toHaveLength(started);
});

test("a page that Signet refuses starts nothing by itself", async () => {
  const page: Page = { iAdvizeInterface: queue() };
  const host = browser(page, "OFF", { authenticatedMode: "OFF", refused: "ORIGIN_NOT_ALLOWED", reason: "r", advice: "a" });
  install(page, host);
  expect(host.settings).toEqual(["demo"]);
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve(); // the tag takes the answer
  expect(host.widgets).toEqual([]);
});

test("with explicit consent nothing may be stored before it is given", async () => {
  const page: Page = { iAdvizeInterface: queue((iAdvize: Interface) => iAdvize.activate(anonymous)) };
  if (page.iAdvizeInterface) page.iAdvizeInterface.config = { sid: "demo", useExplicitCookiesConsent: true };
  const host = browser(page);
  install(page, host);
  const changed = vi.fn();
  tagOf(page).on("visitor:cookiesConsentChange", changed);
  expect(host.widgets[0]?.persist()).toBe(false);
  tagOf(page).set("visitor:cookiesConsent", true);
  expect(host.widgets[0]?.persist()).toBe(true);
  expect(changed).toHaveBeenCalledExactlyOnceWith(true);
  await vi.waitFor(() => expect(host.told).toContainEqual({ type: "persist", allowed: true }));
});

test("only consents can be set, and only to what they can be", () => {
  const page: Page = { iAdvizeInterface: queue() };
  const host = browser(page);
  install(page, host);
  tagOf(page).set("conversation:id", "forged");
  tagOf(page).set("visitor:cookiesConsent", "yes");
  expect(tagOf(page).get("conversation:id")).toBeNull();
  expect(tagOf(page).get("visitor:cookiesConsent")).toBeNull();
  expect(host.warnings).toHaveLength(2);
});

test("what few pages need is loaded when one does, with the chat and once", async () => {
  const config = { sid: "demo", customButtons: { online: "#chat" } };
  const page: Page = { iAdvizeInterface: Object.assign([], { config }) as Queue };
  const host = browser(page);
  install(page, host);
  expect(host.accompanied).toEqual([]);
  await tagOf(page).activate(anonymous);
  await vi.waitFor(() => expect(host.accompanied).toEqual([config]));
});
