/** What agents see beside the conversation. At most 1,024 characters each. */
export interface VisitorData {
  address?: string | null;
  city?: string | null;
  country?: string | null;
  email?: string | null;
  firstName?: string | null;
  lastName?: string | null;
  phoneNumber?: string | null;
  zipCode?: string | null;
}

export interface TokenProviderOptions {
  /** `iss`: your site's name, such as `https://www.example.com`. */
  issuer: string;
  /** Seconds that a token is good for. Default 60. */
  lifetime?: number;
  /** `aud`: your site id. The strict profile needs it. */
  audience?: string;
  /** `kid` of your key, as registered. The strict profile needs it. */
  keyId?: string;
  /** `kid` of Signet's key, from `/.well-known/jwks.json`. The strict profile needs it. */
  platformKeyId?: string;
  /** The project's claim prefix. Default `https://iadvize.com/`. */
  claimPrefix?: string;
  /** Seconds since 1970, for tests. */
  clock?: () => number;
}

/** Makes the tokens with which a site's backend tells Signet who is signed in. Make one and keep it. */
export class TokenProvider {
  constructor(privateKeyPem: string, platformKeyPem: string, options: TokenProviderOptions);
  /** A token for the person who is signed in now. Throws `RangeError` for what Signet would refuse. */
  issue(userId: string, visitorData?: VisitorData): string;
}
