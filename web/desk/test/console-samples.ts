import type { AuthenticationFailure, FailureCount, FailurePage } from "../src/graphql/console-documents";

export function failure(number: number, change: Partial<AuthenticationFailure> = {}): AuthenticationFailure {
  return {
    id: `00000000-0000-7000-8000-${String(number).padStart(12, "0")}`,
    at: "2026-11-20T12:00:00.000Z",
    correlationId: `correlation-${number}`,
    code: "TOKEN_CLAIMS_INVALID",
    fineCode: "EXP_IN_MILLISECONDS",
    finding: null,
    origin: null,
    encryptionKeyId: null,
    signatureKeyId: null,
    tokenBytes: null,
    partCharacters: [],
    issuer: null,
    issuedAt: null,
    expiresAt: null,
    ...change,
  };
}

/** A page of failures by their numbers, newest first. */
export function page(numbers: readonly number[], hasNextPage: boolean): FailurePage {
  const last = numbers.at(-1);
  return {
    nodes: numbers.map((number) => failure(number)),
    pageInfo: { endCursor: last === undefined ? null : `after ${last}`, hasNextPage },
  };
}

/** Buckets of an hour from midnight on, with so many failures of each fine code. */
export function hours(...codes: readonly Readonly<Record<string, number>>[]): readonly FailureCount[] {
  return codes.map((one, hour) => ({
    from: new Date(Date.UTC(2026, 10, 20, hour)).toISOString(),
    to: new Date(Date.UTC(2026, 10, 20, hour + 1)).toISOString(),
    count: Object.values(one).reduce((sum, count) => sum + count, 0),
    codes: Object.entries(one).map(([fineCode, count]) => ({ code: "TOKEN_CLAIMS_INVALID", fineCode, count })),
  }));
}
