import { formatAge, formatMoment } from "./time";

/** Whether it is known now who is on the other side; the names are those of the GraphQL contract. */
export type IdentityState = "VERIFIED" | "NOT_VERIFIED" | "NO_LONGER_VERIFIED";

/** What the padlock's words are made of. Times are RFC 3339. */
export interface IdentityFacts {
  readonly state: IdentityState;
  readonly verifiedAt: string | null;
  readonly lapsedAt: string | null;
}

/**
 * The padlock in words, word for word as PRODUCT.md section 8 has them: `Verified · 4 min ago`, `Not verified`,
 * `Identity no longer verified since 12:04`.
 */
export function identityWords(identity: IdentityFacts, now: number): string {
  switch (identity.state) {
    case "VERIFIED":
      return identity.verifiedAt === null ? "Verified" : `Verified · ${formatAge(identity.verifiedAt, now)}`;
    case "NOT_VERIFIED":
      return "Not verified";
    case "NO_LONGER_VERIFIED":
      return identity.lapsedAt === null
        ? "Identity no longer verified"
        : `Identity no longer verified since ${formatMoment(identity.lapsedAt, now)}`;
  }
}
