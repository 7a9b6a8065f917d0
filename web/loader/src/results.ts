/** Results of `activate`, with the reason sentences of PRODUCT.md section 6 word for word. */
import type { AuthenticationOption } from "@signet/protocol";
import type { Refusal } from "./machine";

/** What `activate` resolves with and hands to `onResult`. A success has nothing but `option` and `status`. */
export interface ActivationResult {
  authentication: {
    /** What the provider chose; on a failure whatever it returned, `null` when it returned nothing. */
    option: unknown;
    status: "authentication-success" | "authentication-failure";
    reason?: string;
    code?: string;
    correlationId?: string;
  };
}

/** Why an activation failed. */
export interface Failure {
  reason: string;
  code: string;
  correlationId?: string | null;
}

const INVALID = "A valid authentication option must be provided";

/** The provider returned something else than the two valid forms. */
export const OPTION_INVALID: Failure = { reason: INVALID, code: "OPTION_INVALID" };

/** The provider threw, rejected, never answered or is none: no valid option was provided either. */
export const PROVIDER_FAILED: Failure = { reason: INVALID, code: "PROVIDER_FAILED" };

/** Failures that come of the phase alone. */
export const REFUSALS: Record<Refusal, Failure> = {
  ACTIVATION_ONGOING: { reason: "An activation is already ongoing", code: "ACTIVATION_ONGOING" },
  LOGIN_ONGOING: { reason: "A login is already ongoing", code: "ACTIVATION_ONGOING" },
  ALREADY_ACTIVATED: { reason: "Can't activate twice, please logout first", code: "ALREADY_ACTIVATED" },
};

/** Signet did not answer, or the visitor signed out before it could. */
export function unavailable(detail: string): Failure {
  return { reason: `Failed to fetch authentication with a server error: ${detail}`, code: "SERVICE_UNAVAILABLE" };
}

/** A success, exactly as the vendor documents print it: `option` holds nothing but its documented members. */
export function succeeded(option: AuthenticationOption): ActivationResult {
  return { authentication: { option, status: "authentication-success" } };
}

/** A failure, with its code and the number to quote when asking for help. */
export function failed(option: unknown, { reason, code, correlationId }: Failure): ActivationResult {
  return {
    authentication: {
      option: option ?? null,
      status: "authentication-failure",
      reason,
      code,
      ...(correlationId ? { correlationId } : {}),
    },
  };
}
