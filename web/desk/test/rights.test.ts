// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { chaptersFor } from "../src/console/pages";
import { projectsOf } from "../src/console/rights";
import { project, viewer } from "./samples";

const projects = { demo: project, shop: { ...project, projectId: "shop", name: "Shop" } };
const having = (scopes: string[], ownsPlatform = false) => ({
  ...viewer,
  ownsPlatform,
  rights: [{ projectId: "demo", role: null, scopes }],
});
const pagesFor = (scopes: string[], ownsPlatform = false) =>
  chaptersFor(having(scopes, ownsPlatform), "demo").flatMap(({ pages }) => pages.map(({ id }) => id));

describe("who sees what of the console", () => {
  it("is closed to those who answer visitors and do nothing else", () => {
    const scopes = ["projects:read", "conversations:read", "conversations:write", "visitors:read"];
    expect(projectsOf(having(scopes), projects)).toEqual([]);
  });

  it("is open in the projects in which somebody may do more", () => {
    expect(projectsOf(having(["projects:read", "audit:read"]), projects)).toEqual([project]);
  });

  it("shows the pages whose right somebody has", () => {
    expect(pagesFor(["users:read"])).not.toContain("doctor");
    expect(pagesFor(["visitors:authenticate"])).toContain("doctor");
  });
});
