/** People without a browser: programs that speak GraphQL as somebody at the desk, and visitors by the visitor API alone. */
import assert from "node:assert/strict";

/** @typedef {import("./server.mjs").Manifest} Manifest */
/** @typedef {{type: "ANONYMOUS"} | {type: "SECURED_AUTHENTICATION", token: string}} Option */

/**
 * GraphQL as somebody at the desk. Gives a function that runs an operation on `$input`.
 * @param {Manifest} manifest
 * @param {{email: string, password: string}} person
 */
export async function graphqlAs({ platformUrl, graphqlUrl }, { email, password }) {
  const form = new URLSearchParams({ grant_type: "password", username: email, password });
  const granted = await fetch(new URL("/oauth2/token", platformUrl), { method: "POST", body: form });
  const { access_token: token } = await granted.json();
  /**
   * @param {string} query
   * @param {object} input
   * @returns {Promise<any>}
   */
  return async (query, input) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const answer = await fetch(graphqlUrl, { method: "POST", headers, body: JSON.stringify({ query, variables: { input } }) });
    const { data, errors } = await answer.json();
    assert.equal(errors, undefined, JSON.stringify(errors));
    return data;
  };
}

/** A visitor without a browser. */
export class ApiVisitor {
  #platformUrl;
  #token;

  /**
   * @param {string} platformUrl
   * @param {string} token
   */
  constructor(platformUrl, token) {
    this.#platformUrl = platformUrl;
    this.#token = token;
  }

  /**
   * @param {Manifest} manifest
   * @param {Option} authenticationOption
   * @param {{device?: string, extId?: string}} [held] a device credential goes on as that visitor
   */
  static async open({ platformUrl, projectId }, authenticationOption, held = {}) {
    const body = { projectId, origin: null, authenticationOption, session: null, device: null, ...held };
    const answer = await post(platformUrl, "/activate", body);
    assert.equal(answer.status, "authentication-success", JSON.stringify(answer));
    return new ApiVisitor(platformUrl, answer.session.accessToken);
  }

  /**
   * @param {string} text
   * @returns {Promise<string>} the conversation's id
   */
  async send(text) {
    const { conversationId } = await this.post("/messages", { clientMessageId: crypto.randomUUID(), text });
    return conversationId;
  }

  /**
   * @param {string} path below `/visitor/v1`
   * @param {object} body
   */
  post(path, body) {
    return post(this.#platformUrl, path, body, this.#token);
  }
}

/**
 * @param {string} platformUrl
 * @param {string} path
 * @param {object} body
 * @param {string} [token]
 * @returns {Promise<any>}
 */
async function post(platformUrl, path, body, token) {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(new URL(`/visitor/v1${path}`, platformUrl), { method: "POST", headers, body: JSON.stringify(body) });
  const text = await answer.text();
  assert.ok(answer.ok, `${path}: ${answer.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}
