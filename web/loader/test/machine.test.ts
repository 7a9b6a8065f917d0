import { describe, expect, test } from "vitest";
import { step } from "../src/machine";
import type { Outcome, Phase, Trigger } from "../src/machine";

const PHASES: Phase[] = [
  "idle",
  "starting",
  "activating",
  "anonymous",
  "loggingIn",
  "secured",
  "expired",
  "proving",
  "loggingOut",
  "loggedOut",
];

/** What each trigger leads to, phase by phase in the order above; `-` where it has no meaning. */
const EXPECTED: Record<Trigger, (Outcome | "-")[]> = {
  activate: [
    "activating",
    "WAIT",
    "ACTIVATION_ONGOING",
    "loggingIn",
    "LOGIN_ONGOING",
    "ALREADY_ACTIVATED",
    "proving",
    "LOGIN_ONGOING",
    "WAIT",
    "activating",
  ],
  start: ["starting", "-", "-", "-", "-", "-", "-", "-", "-", "-"],
  choseAnonymous: ["-", "-", "activating", "-", ...Array<Outcome>(4).fill("ALREADY_ACTIVATED"), "-", "-"],
  acceptedAnonymous: ["-", "anonymous", "anonymous", "-", "anonymous", "-", "-", "-", "-", "-"],
  acceptedSecured: ["-", "-", "secured", "-", "secured", "-", "-", "secured", "-", "-"],
  refused: ["-", "idle", "idle", "-", "anonymous", "-", "-", "expired", "-", "-"],
  expired: ["-", "-", "-", "-", "-", "expired", "-", "-", "-", "-"],
  restored: ["-", "-", "-", ...Array<Outcome>(5).fill("secured"), "-", "-"],
  ended: ["-", ...Array<Outcome>(7).fill("loggedOut"), "-", "-"],
  logout: [...Array<Outcome>(8).fill("loggingOut"), "WAIT", "loggingOut"],
  loggedOut: ["-", "-", "-", "-", "-", "-", "-", "-", "loggedOut", "-"],
};

describe("the activation state machine", () => {
  for (const [trigger, outcomes] of Object.entries(EXPECTED)) {
    test.each(PHASES.map((phase, index) => [phase, outcomes[index]] as const))(`${trigger} in %s leads to %s`, (phase, outcome) => {
      expect(step(phase, trigger as Trigger) ?? "-").toBe(outcome);
    });
  }

  test("nothing but an activation leaves loggedOut for a session", () => {
    const leaving = (Object.keys(EXPECTED) as Trigger[]).filter((trigger) => step("loggedOut", trigger) !== undefined);
    expect(leaving).toEqual(["activate", "logout"]);
  });

  test("no trigger turns a verified session into an anonymous one", () => {
    for (const phase of ["secured", "expired", "proving"] as const) {
      for (const trigger of Object.keys(EXPECTED) as Trigger[]) expect(step(phase, trigger)).not.toBe("anonymous");
    }
  });
});
