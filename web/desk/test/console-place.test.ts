// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { lookedForIn } from "../src/console/failures/looked-for";
import { consoleAddress, moved, parseConsolePlace } from "../src/console/place";

const nowhere = { page: null, item: null, projectId: null, query: {} };
const parse = (address: string) => parseConsolePlace(new URL(address, "https://signet.example"));

describe("addresses of the console", () => {
  it.each([
    ["/admin", nowhere],
    ["/admin/doctor", { ...nowhere, page: "doctor" }],
    ["/admin/doctor?project=demo", { ...nowhere, page: "doctor", projectId: "demo" }],
    ["/admin/keys/01a1f9f7?project=demo", { ...nowhere, page: "keys", item: "01a1f9f7", projectId: "demo" }],
    ["/admin/keys/a%2Fb", { ...nowhere, page: "keys", item: "a/b" }],
    [
      "/admin/failures?project=demo&correlationId=01JD&span=week",
      { ...nowhere, page: "failures", projectId: "demo", query: { correlationId: "01JD", span: "week" } },
    ],
  ])("%s is read and written alike", (address, place) => {
    expect(parse(address)).toEqual(place);
    expect(consoleAddress(place)).toBe(address);
  });

  it.each([
    ["/admin/", nowhere],
    ["/admin/doctor/", { ...nowhere, page: "doctor" }],
    ["/admin/keys/%", { ...nowhere, page: "keys", item: "%" }],
    ["/admin/keys/a/b", nowhere],
  ])("%s is understood", (address, place) => {
    expect(parse(address)).toEqual(place);
  });
});

describe("moving about in the console", () => {
  const somewhere = parse("/admin/failures/one?project=demo&code=X&span=week");

  it("leaves behind what another page or project knows nothing of", () => {
    expect(consoleAddress(moved(somewhere, { page: "doctor" }))).toBe("/admin/doctor?project=demo");
    expect(consoleAddress(moved(somewhere, { projectId: "shop" }))).toBe("/admin/failures?project=shop");
    expect(consoleAddress(moved(somewhere, { page: "keys", item: "two" }))).toBe("/admin/keys/two?project=demo");
  });

  it("changes what is looked for word by word", () => {
    expect(consoleAddress(moved(somewhere, { query: { code: null, fineCode: "Y" } }))).toBe(
      "/admin/failures/one?project=demo&span=week&fineCode=Y",
    );
  });
});

describe("what is looked for among the failures", () => {
  it("is read from the address, and nonsense is left out", () => {
    expect(lookedForIn({ code: "TOKEN_EXPIRED", span: "hour" })).toEqual({
      correlationId: null,
      code: "TOKEN_EXPIRED",
      fineCode: null,
      span: "hour",
    });
    expect(lookedForIn({ span: "decade" }).span).toBe("day");
  });
});
