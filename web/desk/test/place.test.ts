// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { parsePlace, placeAddress } from "../src/ui/place";

const id = "0c6b5e3a-7a50-4a57-9a55-0d4d3f6b9a11";

describe("addresses", () => {
  it.each([
    ["/desk", { conversationId: null, view: "all", projectId: null }],
    ["/desk?view=waiting", { conversationId: null, view: "waiting", projectId: null }],
    [`/desk/conversations/${id}`, { conversationId: id, view: "all", projectId: null }],
    [`/desk/conversations/${id}?view=closed&project=demo`, { conversationId: id, view: "closed", projectId: "demo" }],
  ] as const)("%s is read and written alike", (address, place) => {
    expect(parsePlace(new URL(address, "https://signet.example"))).toEqual(place);
    expect(placeAddress(place)).toBe(address);
  });

  it.each(["/desk/conversations/x", "/desk/conversations/../../admin", "/desk?view=none"])(
    "%s leads to the list",
    (address) => {
      expect(parsePlace(new URL(address, "https://signet.example"))).toEqual({
        conversationId: null,
        view: "all",
        projectId: null,
      });
    },
  );
});
