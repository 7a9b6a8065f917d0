/** People with other roles than the demo's. */

/** @typedef {import("playwright-core").Page} Page */

export const PASSWORD = "seven brass lamps at dusk";

/**
 * Invites somebody into a project and lets them choose a password.
 * @param {Page} page of somebody signed in who may invite
 * @param {{projectId: string, role: string, email: string, name: string}} input
 */
export async function invite(page, input) {
  const password = PASSWORD;
  const failure = await page.evaluate(
    async ({ input, password }) => {
      const headers = { "content-type": "application/json", "x-signet-desk": "1" };
      const query = "mutation($input: UserInviteInput!) { userInvite(input: $input) { invitationUrl userErrors { message } } }";
      const answer = await fetch("/graphql", { method: "POST", headers, body: JSON.stringify({ query, variables: { input } }) });
      const { data } = await answer.json();
      const url = data?.userInvite.invitationUrl;
      if (typeof url !== "string") return JSON.stringify(data);
      const [, token] = url.split("#");
      const accepted = await fetch("/desk/invitation/accept", {
        method: "POST",
        credentials: "omit",
        headers,
        body: JSON.stringify({ token, password }),
      });
      return accepted.ok ? null : `${url} ${accepted.status} ${await accepted.text()}`;
    },
    { input, password },
  );
  if (failure !== null) throw new Error(`could not invite ${input.email}: ${failure}`);
  return { email: input.email, password };
}
