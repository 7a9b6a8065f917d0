/** The platform's keys in words. */
import type { PlatformKey } from "./documents";

export const stateNames: Readonly<Record<PlatformKey["state"], string>> = {
  ACTIVE: "Published",
  RETIRING: "Retiring",
  REVOKED: "Revoked",
};

/** For how many days a use counts: who has not used a key for so long is not listed. */
const COUNTED_DAYS = 7;
const DAY = 86_400_000;

/** Who still encrypts to a key, in a sentence. */
export function usersInWords({ state, projects }: Pick<PlatformKey, "state" | "projects">): string {
  const count = projects.length;
  if (count === 0)
    return state === "RETIRING"
      ? `Nobody has encrypted to it for ${COUNTED_DAYS} days: it can be revoked.`
      : `Nobody has encrypted to it in the last ${COUNTED_DAYS} days.`;
  const who = count === 1 ? "One project" : `${count} projects`;
  return state === "RETIRING" ? `${who} still ${count === 1 ? "encrypts" : "encrypt"} to it.` : `${who} ${count === 1 ? "encrypts" : "encrypt"} to it.`;
}

/** How long until a project that stopped is off the list. */
export function daysLeft(lastUsedAt: string, now: number): string {
  const left = Math.round((Date.parse(lastUsedAt) + COUNTED_DAYS * DAY - now) / DAY);
  return left <= 1 ? "gone tomorrow, if that was the last" : `gone in ${left} days, if that was the last`;
}
