// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { consoleAddress, parseConsolePlace } from "../src/console/place";

const nowhere = { projectId: null, correlationId: null, code: null, fineCode: null, span: "day" } as const;
const parse = (address: string) => parseConsolePlace(new URL(address, "https://signet.example"));

describe("addresses of the console", () => {
  it.each([
    ["/admin/doctor", { ...nowhere, page: "doctor" }],
    ["/admin/failures", { ...nowhere, page: "failures" }],
    ["/admin/doctor?project=demo", { ...nowhere, page: "doctor", projectId: "demo" }],
    ["/admin/failures?correlationId=01JD&span=week", { ...nowhere, page: "failures", correlationId: "01JD", span: "week" }],
    ["/admin/failures?code=TOKEN_EXPIRED", { ...nowhere, page: "failures", code: "TOKEN_EXPIRED" }],
    ["/admin/failures?fineCode=EXP_PASSED", { ...nowhere, page: "failures", fineCode: "EXP_PASSED" }],
  ] as const)("%s is read and written alike", (address, place) => {
    expect(parse(address)).toEqual(place);
    expect(consoleAddress(place)).toBe(address);
  });

  it.each(["/admin", "/admin/", "/admin/none", "/admin/failures/x", "/admin?span=decade"])("%s leads to the doctor", (address) => {
    expect(parse(address)).toEqual({ ...nowhere, page: "doctor" });
  });

  it("lets a search go with its page", () => {
    expect(consoleAddress({ ...parse("/admin/failures?project=demo&code=X"), page: "doctor" })).toBe("/admin/doctor?project=demo");
  });
});
