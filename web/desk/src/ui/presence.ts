/**
 * Whether somebody is at the desk, or the page asks for news by itself: what it fetches then must not keep a session alive
 * that nobody uses.
 */

/** How long after a sign of life somebody counts as being there, milliseconds. */
const STAYS = 60_000;

let seenAt = Date.now();

function seen(): void {
  seenAt = Date.now();
}

for (const sign of ["pointerdown", "keydown", "wheel", "touchstart"]) {
  window.addEventListener(sign, seen, { capture: true, passive: true });
}

/** Loading the page is a sign of life, too. */
export function isSomebodyHere(): boolean {
  return Date.now() - seenAt < STAYS;
}
