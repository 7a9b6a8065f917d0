import type { IdentityState } from "./identity";

/** A drawing on a 16 by 16 field: outlines to stroke and shapes to fill, both with the current colour. */
export interface Drawing {
  readonly strokes: readonly string[];
  readonly fills: readonly string[];
}

const BODY = "M4.6 7h6.8c.9 0 1.6.7 1.6 1.6v3.8c0 .9-.7 1.6-1.6 1.6H4.6c-.9 0-1.6-.7-1.6-1.6V8.6C3 7.7 3.7 7 4.6 7Z";

/** The padlock in its three states. They differ in outline, not in colour alone. */
export const padlocks: Readonly<Record<IdentityState, Drawing>> = {
  VERIFIED: { fills: [BODY], strokes: ["M5.25 7V4.75a2.75 2.75 0 0 1 5.5 0V7"] },
  NOT_VERIFIED: { fills: [], strokes: [BODY, "M5.25 7V4.25a2.75 2.75 0 0 1 5.2-1.2"] },
  NO_LONGER_VERIFIED: {
    fills: [],
    strokes: [BODY, "M5.25 7V4.25a2.75 2.75 0 0 1 5.2-1.2", "M8 9.2v1.5M8 12.2v.05"],
  },
};

/** Signet's mark on a 32 by 32 field: a wax seal with the ring's ridge, and an S cut out of it. */
export const seal = {
  // Marked pure: a program without the seal does not compute it.
  wax: /* @__PURE__ */ sealOutline(),
  ridge: "M16 6.1a9.9 9.9 0 1 1 0 19.8a9.9 9.9 0 0 1 0-19.8Z",
  letter:
    "M20.3 12.5c-.6-1.5-2.2-2.4-4.3-2.4c-2.5 0-4.3 1.2-4.3 3c0 1.9 1.8 2.5 4.3 2.9c2.5.4 4.3 1 4.3 2.9c0 1.8-1.8 3-4.3 3c-2.1 0-3.7-.9-4.3-2.4",
} as const;

/** Wax pressed under a ring swells into lobes: a circle whose radius waves gently. */
function sealOutline(): string {
  const steps = 96;
  const points = Array.from({ length: steps }, (_, step) => {
    const angle = (step / steps) * 2 * Math.PI;
    const radius = 14.4 + 0.75 * Math.cos(9 * angle);
    return `${(16 + radius * Math.cos(angle)).toFixed(2)} ${(16 + radius * Math.sin(angle)).toFixed(2)}`;
  });
  return `M${points.join("L")}Z`;
}
