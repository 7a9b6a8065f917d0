/** What people ask about and change of their own account. It keeps nothing: above all no password and no code. */
import {
  accountDocument,
  type Account,
  beginSecondFactorDocument,
  changePasswordDocument,
  confirmSecondFactorDocument,
  disableSecondFactorDocument,
  renameOneselfDocument,
  renewRecoveryCodesDocument,
  revokeOtherSessionsDocument,
  revokeSessionDocument,
  type SecondFactorSetup,
} from "../graphql/account-documents";
import type { Administration, Outcome, Told, UserError } from "./administration";

export class OwnAccount {
  readonly #door: Administration;

  constructor(door: Administration) {
    this.#door = door;
  }

  async read(): Promise<Told<Account>> {
    const told = await this.#door.query(accountDocument, {});
    return "refusal" in told ? told : { data: told.data.viewer };
  }

  rename(name: string): Promise<Outcome<string>> {
    return this.#door.change(renameOneselfDocument, { input: { name } }, ({ viewerUpdate: { viewer, userErrors } }) => ({
      thing: viewer?.name ?? null,
      userErrors,
    }));
  }

  /** Ends all other sessions. */
  changePassword(password: string, newPassword: string): Promise<Outcome<true>> {
    return this.#door.change(changePasswordDocument, { input: { password, newPassword } }, (data) =>
      done(data.viewerPasswordChange),
    );
  }

  /** Nothing is asked for at sign-in before a code of it was confirmed. */
  beginSecondFactor(password: string): Promise<Outcome<SecondFactorSetup>> {
    return this.#door.change(beginSecondFactorDocument, { input: { password } }, ({ secondFactorBegin }) => ({
      thing: secondFactorBegin.setup,
      userErrors: secondFactorBegin.userErrors,
    }));
  }

  /** Gives the recovery codes, once. Ends all other sessions. */
  confirmSecondFactor(code: string): Promise<Outcome<readonly string[]>> {
    return this.#door.change(confirmSecondFactorDocument, { input: { code } }, ({ secondFactorConfirm }) => ({
      thing: secondFactorConfirm.recoveryCodes,
      userErrors: secondFactorConfirm.userErrors,
    }));
  }

  /** Gives new recovery codes, once; the old ones are no longer good. */
  renewRecoveryCodes(password: string): Promise<Outcome<readonly string[]>> {
    return this.#door.change(renewRecoveryCodesDocument, { input: { password } }, ({ recoveryCodesRenew }) => ({
      thing: recoveryCodesRenew.recoveryCodes,
      userErrors: recoveryCodesRenew.userErrors,
    }));
  }

  disableSecondFactor(password: string): Promise<Outcome<true>> {
    return this.#door.change(disableSecondFactorDocument, { input: { password } }, (data) => done(data.secondFactorDisable));
  }

  revokeSession(sessionId: string): Promise<Outcome<true>> {
    return this.#door.change(revokeSessionDocument, { input: { sessionId } }, (data) => done(data.viewerSessionRevoke));
  }

  revokeOtherSessions(): Promise<Outcome<number>> {
    return this.#door.change(revokeOtherSessionsDocument, {}, ({ viewerOtherSessionsRevoke: { ended, userErrors } }) => ({
      thing: ended,
      userErrors,
    }));
  }
}

/** Of a mutation that has nothing to give back. */
function done({ userErrors }: { readonly userErrors: readonly UserError[] }) {
  return { thing: userErrors.length === 0 ? (true as const) : null, userErrors };
}
