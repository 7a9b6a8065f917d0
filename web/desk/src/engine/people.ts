/** What the console asks about the people, groups and programs of one project. It keeps nothing: above all no link and no secret. */
import {
  type Client,
  clientsDocument,
  createClientDocument,
  createGroupDocument,
  disableUserDocument,
  enableUserDocument,
  type Group,
  groupsDocument,
  inviteDocument,
  type Permission,
  permissionsDocument,
  removeGroupDocument,
  renameUserDocument,
  renewInvitationDocument,
  resetSecondFactorDocument,
  revokeClientDocument,
  rotateClientSecretDocument,
  setRoleDocument,
  updateClientDocument,
  updateGroupDocument,
  type User,
  usersDocument,
} from "../graphql/people-documents";
import type { VariablesOf } from "../graphql/tada";
import type { Administration, Outcome, Told } from "./administration";

export type Role = VariablesOf<typeof inviteDocument>["input"]["role"];

/** Somebody and their one-time link; `null` for somebody who has a password already. */
export interface Invited {
  readonly user: User;
  readonly link: string | null;
}

/** A program and its new secret, which cannot be read again. */
export interface NewSecret {
  readonly client: Client;
  readonly secret: string;
}

export class People {
  readonly #door: Administration;
  readonly #projectId: string;

  constructor(door: Administration, projectId: string) {
    this.#door = door;
    this.#projectId = projectId;
  }

  /** Everybody, page after page: a project has as many people as a brand has agents. */
  async users(): Promise<Told<readonly User[]>> {
    const all: User[] = [];
    let after: string | null = null;
    for (;;) {
      const told: Told<{ users: UserPage }> = await this.#door.query(usersDocument, { projectId: this.#projectId, after });
      if ("refusal" in told) return told;
      const { nodes, pageInfo }: UserPage = told.data.users;
      all.push(...nodes);
      if (!pageInfo.hasNextPage) return { data: all };
      after = pageInfo.endCursor;
    }
  }

  async permissions(): Promise<Told<readonly Permission[]>> {
    const told = await this.#door.query(permissionsDocument, {});
    return "refusal" in told ? told : { data: told.data.permissions };
  }

  async invite(email: string, name: string, role: Role): Promise<Outcome<Invited>> {
    const outcome = await this.#door.change(
      inviteDocument,
      { input: { projectId: this.#projectId, email, name, role } },
      ({ userInvite: { user, invitationUrl, userErrors } }) => ({ thing: user && { user, link: invitationUrl }, userErrors }),
    );
    return reworded(outcome, "ALREADY_EXISTS", "Somebody of this address has a role in the project already.");
  }

  renewInvitation(userId: string): Promise<Outcome<Invited>> {
    return this.#door.change(
      renewInvitationDocument,
      { input: { projectId: this.#projectId, userId } },
      ({ userInvitationRenew: { user, invitationUrl, userErrors } }) => ({
        thing: user && { user, link: invitationUrl },
        userErrors,
      }),
    );
  }

  rename(userId: string, name: string): Promise<Outcome<User>> {
    return this.#door.change(renameUserDocument, { input: { projectId: this.#projectId, userId, name } }, ({ userUpdate }) => ({
      thing: userUpdate.user,
      userErrors: userUpdate.userErrors,
    }));
  }

  /** `null` takes them out of the project. */
  setRole(userId: string, role: Role | null): Promise<Outcome<User>> {
    return this.#door.change(setRoleDocument, { input: { projectId: this.#projectId, userId, role } }, ({ userRoleSet }) => ({
      thing: userRoleSet.user,
      userErrors: userRoleSet.userErrors,
    }));
  }

  disable(userId: string): Promise<Outcome<User>> {
    return this.#door.change(disableUserDocument, { input: { projectId: this.#projectId, userId } }, ({ userDisable }) => ({
      thing: userDisable.user,
      userErrors: userDisable.userErrors,
    }));
  }

  enable(userId: string): Promise<Outcome<User>> {
    return this.#door.change(enableUserDocument, { input: { projectId: this.#projectId, userId } }, ({ userEnable }) => ({
      thing: userEnable.user,
      userErrors: userEnable.userErrors,
    }));
  }

  resetSecondFactor(userId: string): Promise<Outcome<User>> {
    return this.#door.change(
      resetSecondFactorDocument,
      { input: { projectId: this.#projectId, userId } },
      ({ userSecondFactorReset: { user, userErrors } }) => ({ thing: user, userErrors }),
    );
  }

  async groups(): Promise<Told<readonly Group[]>> {
    const told = await this.#door.query(groupsDocument, { projectId: this.#projectId });
    return "refusal" in told ? told : { data: told.data.groups };
  }

  async createGroup(name: string, memberIds: readonly string[]): Promise<Outcome<Group>> {
    const input = { projectId: this.#projectId, name, memberIds: [...memberIds] };
    const outcome = await this.#door.change(createGroupDocument, { input }, ({ groupCreate: { group, userErrors } }) => ({
      thing: group,
      userErrors,
    }));
    return reworded(outcome, "ALREADY_EXISTS", "The project has a group of this name already.");
  }

  async updateGroup(groupId: string, name: string, memberIds: readonly string[]): Promise<Outcome<Group>> {
    const input = { projectId: this.#projectId, groupId, name, memberIds: [...memberIds] };
    const outcome = await this.#door.change(updateGroupDocument, { input }, ({ groupUpdate: { group, userErrors } }) => ({
      thing: group,
      userErrors,
    }));
    return reworded(outcome, "ALREADY_EXISTS", "The project has a group of this name already.");
  }

  removeGroup(groupId: string): Promise<Outcome<Group>> {
    return this.#door.change(removeGroupDocument, { input: { projectId: this.#projectId, groupId } }, ({ groupRemove }) => ({
      thing: groupRemove.group,
      userErrors: groupRemove.userErrors,
    }));
  }

  /** Those that were revoked too. */
  async clients(): Promise<Told<readonly Client[]>> {
    const told = await this.#door.query(clientsDocument, { projectId: this.#projectId });
    return "refusal" in told ? told : { data: told.data.apiClients };
  }

  createClient(name: string, scopes: readonly string[]): Promise<Outcome<NewSecret>> {
    return this.#door.change(
      createClientDocument,
      { input: { projectId: this.#projectId, name, scopes: [...scopes] } },
      ({ apiClientCreate: { apiClient, clientSecret, userErrors } }) => ({
        thing: apiClient && clientSecret !== null ? { client: apiClient, secret: clientSecret } : null,
        userErrors,
      }),
    );
  }

  updateClient(clientId: string, name: string, scopes: readonly string[]): Promise<Outcome<Client>> {
    return this.#door.change(
      updateClientDocument,
      { input: { projectId: this.#projectId, clientId, name, scopes: [...scopes] } },
      ({ apiClientUpdate: { apiClient, userErrors } }) => ({ thing: apiClient, userErrors }),
    );
  }

  /** The old secret stays good for so many seconds. */
  rotateSecret(clientId: string, overlapSeconds: number): Promise<Outcome<NewSecret>> {
    return this.#door.change(
      rotateClientSecretDocument,
      { input: { projectId: this.#projectId, clientId, overlapSeconds } },
      ({ apiClientSecretRotate: { apiClient, clientSecret, userErrors } }) => ({
        thing: apiClient && clientSecret !== null ? { client: apiClient, secret: clientSecret } : null,
        userErrors,
      }),
    );
  }

  revokeClient(clientId: string): Promise<Outcome<Client>> {
    return this.#door.change(
      revokeClientDocument,
      { input: { projectId: this.#projectId, clientId } },
      ({ apiClientRevoke: { apiClient, userErrors } }) => ({ thing: apiClient, userErrors }),
    );
  }
}

interface UserPage {
  readonly nodes: readonly User[];
  readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
}

/** Says a refusal of one code in words that fit the form. */
function reworded<Data>(outcome: Outcome<Data>, code: string, message: string): Outcome<Data> {
  if ("data" in outcome) return outcome;
  const [first, ...others] = outcome.errors;
  const say = (one: typeof first) => (one.code === code ? { ...one, message } : one);
  return { errors: [say(first), ...others.map(say)] };
}
