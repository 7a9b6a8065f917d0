import type { Environment, VisitorApi } from "@signet/client";
import { describe, expect, test, vi } from "vitest";
import { PageReport, readPageData } from "../src/page-data";

function read(said: unknown): ReturnType<typeof readPageData> & { warnings: string[] } {
  const warnings: string[] = [];
  return { ...readPageData(`${JSON.stringify(said)}`, (text) => warnings.push(text)), warnings };
}

describe("what a page says", () => {
  test("is names with texts, numbers and truth values, and what it calls its visitor", () => {
    expect(read({ extID: "FR-012345", plan: "gold", visits: 3, member: false, empty: "", missing: null })).toEqual({
      extId: "FR-012345",
      members: { plan: "gold", visits: 3, member: false },
      warnings: [],
    });
    expect(read(undefined)).toEqual({ extId: null, members: {}, warnings: [] });
    expect(read({ extID: 12345 }).extId).toBe("12345");
    expect(read({ extID: "" })).toEqual({ extId: null, members: {}, warnings: [] });
  });

  test.each([
    [{ basket: { lamp: 1 } }, "idzCustomData.basket is ignored: it is no text, number or truth value"],
    [{ list: [1] }, "idzCustomData.list is ignored: it is no text, number or truth value"],
    [{ ["k".repeat(65)]: 1 }, `idzCustomData.${"k".repeat(64)} is ignored: a name has 1 to 64 characters`],
    [{ "": 1 }, "idzCustomData. is ignored: a name has 1 to 64 characters"],
    [{ text: "é".repeat(1_025) }, "idzCustomData.text is ignored: a text has at most 1024 characters"],
    [{ extID: "x".repeat(51) }, "idzCustomData.extID is ignored: it has 1 to 50 characters"],
    [{ extID: { id: 1 } }, "idzCustomData.extID is ignored: it has 1 to 50 characters"],
    ["gold", "idzCustomData is ignored: it is no object of texts, numbers and truth values"],
    [["gold"], "idzCustomData is ignored: it is no object of texts, numbers and truth values"],
  ])("%j is not taken, and the console says why", (said, warning) => {
    expect(read(said)).toEqual({ extId: null, members: {}, warnings: [warning] });
  });

  test("is taken up to the server's limits, exactly", () => {
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, index]));
    expect(read(many(50)).warnings).toEqual([]);
    const more = read(many(51));
    expect([Object.keys(more.members).length, more.warnings.length]).toEqual([50, 1]);
    const large = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [String(1_000 + index), "x".repeat(1_020)]));
    expect(Object.keys(read(large).members)).toHaveLength(16);
    expect(read({ text: "é".repeat(1_024), extID: "é".repeat(50) }).warnings).toEqual([]);
  });

  test("cannot be something that JSON does not hold", () => {
    const warnings: string[] = [];
    for (const text of ["", "{", `"${"x".repeat(300_000)}"`]) readPageData(text, (warning) => warnings.push(warning));
    expect(warnings).toHaveLength(3);
  });
});

describe("the report to the server", () => {
  function report(answers: boolean[] = []): { report: PageReport; told: unknown[]; warnings: string[] } {
    const told: unknown[] = [];
    const warnings: string[] = [];
    const api = {
      setCustomData: (token: string, members: unknown) => {
        told.push([token, members]);
        return Promise.resolve(answers.shift() ?? true);
      },
    } as unknown as VisitorApi;
    const environment = { random: () => 0, setTimer: (action: () => void) => setTimeout(action), clearTimer: () => undefined };
    const parts = { api, environment: environment as unknown as Environment, warn: (text: string) => void warnings.push(text) };
    return { report: new PageReport(parts), told, warnings };
  }

  test("is made once for a visitor, and again when the page says something else or somebody else is there", async () => {
    const { report: page, told } = report();
    const hears = (...calls: unknown[]) => vi.waitFor(() => expect(told.splice(0)).toEqual(calls));
    page.take('{"plan":"gold"}');
    page.tell("t", null);
    page.tell(null, "v");
    for (let view = 0; view < 3; view += 1) page.tell("t", "v");
    await hears(["t", { plan: "gold" }]);
    page.take('{"plan":"silver"}');
    page.tell("t", "v");
    await hears(["t", { plan: "silver" }]);
    page.forget();
    page.tell("u", "w");
    await hears(["u", { plan: "silver" }]);
    page.take('{"plan":"bronze"}');
    page.tell("u", "w");
    page.take("{}");
    page.tell("u", "w");
    // What was not the newest any more when its turn came is left out.
    await hears(["u", {}]);
  });

  test("says nothing for a page without custom data", async () => {
    const { report: page, told } = report();
    page.take("undefined");
    page.tell("t", "v");
    await Promise.resolve();
    expect(told).toEqual([]);
  });

  test("is tried again when the network fails, three times", async () => {
    const { report: page, told } = report([false, false, true]);
    page.take('{"plan":"gold"}');
    page.tell("t", "v");
    await vi.waitFor(() => expect(told).toHaveLength(3));
  });

  test("warns once that a token says who this is", () => {
    const { report: page, warnings } = report();
    page.outdone();
    expect(warnings).toEqual([]);
    page.take('{"extID":"FR-1"}');
    page.outdone();
    page.outdone();
    expect(warnings).toEqual(["idzCustomData.extID is ignored: the token says who this is"]);
  });
});
