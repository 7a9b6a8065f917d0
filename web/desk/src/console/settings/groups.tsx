import type { ReactNode } from "react";
import { CopyBlock } from "../copy-block";
import { ChoiceSetting, DurationSetting, ListSetting, SeveralSetting, SwitchSetting, TextSetting } from "../fields";
import { Caution } from "../refusal";
import type { Settings } from "./documents";
import { type Form, originOf } from "./form";
import { retained } from "./retention-words";
import type { Risk } from "./risks";

interface GroupsProps {
  readonly settings: Settings;
  readonly form: Form;
  readonly risks: readonly Risk[];
  readonly isReadOnly: boolean;
  readonly set: <Field extends keyof Form>(field: Field, value: Form[Field]) => void;
  readonly errorOf: (field: keyof Form) => string | undefined;
}

const modes = [
  {
    value: "OFF",
    name: "Off",
    does: "The chat starts by itself, for guests. A page may still sign its visitors in with a token.",
  },
  {
    value: "OBSERVE",
    name: "Observe",
    does: "As off, and every token is verified and reported, without being needed. For trying a token provider out on real visitors.",
  },
  {
    value: "ON",
    name: "On",
    does: "Nothing is shown before a page calls `activate`: with a token for those who are signed in, anonymously for guests.",
  },
] as const;

const profiles = [
  {
    value: "COMPATIBLE",
    name: "Compatible",
    does: "What the integration guide of iAdvize describes: `RSA-OAEP-256` and `A256GCM` around `RS256`. `kid`, `aud`, `iat` and `jti` may be absent.",
  },
  {
    value: "STRICT",
    name: "Strict",
    does: "Every token names its keys and its audience, is used once, and lives a minute unless set otherwise. Further algorithms may be allowed.",
  },
] as const;

const signatureAlgorithms = ["RS256", "PS256", "ES256", "EdDSA"];
const keyManagement = ["RSA-OAEP-256", "ECDH-ES+A256KW/P-256", "ECDH-ES+A256KW/X25519"];

/** The settings, in the order in which somebody sets a project up. */
export function Groups(props: GroupsProps): ReactNode {
  return (
    <>
      <Site {...props} />
      <Origins {...props} />
      <Authentication {...props} />
      <Tokens {...props} />
      <Retention {...props} />
    </>
  );
}

function Site({ settings, form, isReadOnly, set, errorOf }: GroupsProps): ReactNode {
  return (
    <section className="card" aria-labelledby="site-title">
      <h2 id="site-title">Site</h2>
      <TextSetting
        label="Name"
        value={form.name}
        onChange={(name) => set("name", name)}
        hint="Shown to visitors and agents."
        error={errorOf("name")}
        isReadOnly={isReadOnly}
      />
      <TextSetting
        label="Site id"
        value={settings.projectId}
        onChange={() => undefined}
        hint="The `sid` of the pages and the audience of tokens. It never changes."
        isReadOnly
        isCode
      />
      <div className="setting setting-wide">
        <h3 className="field-label">Snippet</h3>
        <p className="hint">Put it on every page of the site, before the page’s own scripts.</p>
        <CopyBlock text={settings.snippet} what="the snippet" />
      </div>
    </section>
  );
}

function Origins({ form, risks, isReadOnly, set, errorOf }: GroupsProps): ReactNode {
  return (
    <section className="card" aria-labelledby="origins-title">
      <h2 id="origins-title">Pages</h2>
      <ListSetting
        label="Origins"
        hint="Only pages of these origins can show the chat. `www.shop.example` and `shop.example` are two of them."
        value={form.allowedOrigins}
        onChange={(origins) => set("allowedOrigins", origins)}
        error={errorOf("allowedOrigins")}
        isReadOnly={isReadOnly}
        one="an origin"
        placeholder="https://shop.example"
        empty={form.allowsLoopback ? "None, beside the pages of one’s own machine." : "No page can show the chat yet."}
        read={(text) => {
          const item = originOf(text);
          return item === null ? { fault: "That is no web address. An origin looks like https://shop.example." } : { item };
        }}
      />
      <SwitchSetting
        label="Pages of one’s own machine"
        hint="Also `localhost` and `127.0.0.1`, on every port. For development; leave it off for visitors."
        value={form.allowsLoopback}
        onChange={(allows) => set("allowsLoopback", allows)}
        isReadOnly={isReadOnly}
      />
      <Cautions risks={risks} fields={["allowedOrigins"]} />
    </section>
  );
}

function Authentication({ form, risks, isReadOnly, set, errorOf }: GroupsProps): ReactNode {
  return (
    <section className="card" aria-labelledby="authentication-title">
      <h2 id="authentication-title">Authentication</h2>
      <ChoiceSetting
        label="Authenticated mode"
        value={form.authenticatedMode}
        onChange={(mode) => set("authenticatedMode", mode)}
        choices={modes}
        error={errorOf("authenticatedMode")}
        isReadOnly={isReadOnly}
      />
      <Cautions risks={risks} fields={["authenticatedMode"]} />
      <DurationSetting
        label="Session lifetime"
        value={form.sessionLifetimeSeconds}
        onChange={(seconds) => set("sessionLifetimeSeconds", seconds)}
        hint="How long a visitor counts as verified before a page has to prove it again with a fresh token. A shop takes 60 minutes, a bank 7."
        error={errorOf("sessionLifetimeSeconds")}
        isReadOnly={isReadOnly}
      />
      <SwitchSetting
        label="Session key demanded"
        hint="Every session is for a key that stays in the visitor’s browser, so that a session token taken from there is worth nothing. The chat brings one on every page with TLS; a client of your own has to."
        value={form.requiresSessionKey}
        onChange={(requires) => set("requiresSessionKey", requires)}
        isReadOnly={isReadOnly}
      />
      <Cautions risks={risks} fields={["requiresSessionKey"]} />
    </section>
  );
}

function Tokens({ form, risks, isReadOnly, set, errorOf }: GroupsProps): ReactNode {
  const isStrict = form.tokenProfile === "STRICT";
  return (
    <section className="card" aria-labelledby="tokens-title">
      <h2 id="tokens-title">Tokens</h2>
      <ChoiceSetting
        label="Token profile"
        value={form.tokenProfile}
        onChange={(profile) => set("tokenProfile", profile)}
        choices={profiles}
        error={errorOf("tokenProfile")}
        isReadOnly={isReadOnly}
      />
      <Cautions risks={risks} fields={["tokenProfile", "signatureAlgorithms"]} />
      {isStrict && (
        <>
          <SeveralSetting
            label="Signature algorithms"
            value={form.signatureAlgorithms}
            onChange={(algorithms) => set("signatureAlgorithms", algorithms)}
            choices={signatureAlgorithms}
            error={errorOf("signatureAlgorithms")}
            isReadOnly={isReadOnly}
          />
          <SeveralSetting
            label="Key management"
            value={form.keyManagement}
            onChange={(algorithms) => set("keyManagement", algorithms)}
            choices={keyManagement}
            error={errorOf("keyManagement")}
            isReadOnly={isReadOnly}
          />
        </>
      )}
      <DurationSetting
        label="Token lifetime"
        value={form.tokenMaxLifetimeSeconds}
        onChange={(seconds) => set("tokenMaxLifetimeSeconds", seconds)}
        hint={
          isStrict
            ? "How far ahead `exp` may lie, and how far from `iat`."
            : "How far ahead `exp` may lie. A minute is enough: a page asks for a token when it needs one."
        }
        error={errorOf("tokenMaxLifetimeSeconds")}
        isReadOnly={isReadOnly}
      />
      <DurationSetting
        label="Clock leeway"
        value={form.tokenLeewaySeconds}
        onChange={(seconds) => set("tokenLeewaySeconds", seconds)}
        hint="How far the clocks of your token provider and of Signet may differ, 60 seconds at most."
        error={errorOf("tokenLeewaySeconds")}
        isReadOnly={isReadOnly}
      />
      <TextSetting
        label="Claim prefix"
        value={form.claimPrefix}
        onChange={(prefix) => set("claimPrefix", prefix)}
        hint="What stands before `userId` and `visitorData` in the claims."
        error={errorOf("claimPrefix")}
        isReadOnly={isReadOnly}
        isCode
      />
      <ListSetting
        label="Issuers"
        hint="The values of `iss` that are accepted."
        value={form.issuers}
        onChange={(issuers) => set("issuers", issuers)}
        error={errorOf("issuers")}
        isReadOnly={isReadOnly}
        one="an issuer"
        placeholder="https://login.shop.example"
        empty="Any issuer is accepted, as long as the signature is by one of the project’s keys."
        read={(text) => ({ item: text.trim() })}
      />
    </section>
  );
}

function Retention({ form, risks, isReadOnly, set, errorOf }: GroupsProps): ReactNode {
  const error = errorOf("retention");
  return (
    <section className="card" aria-labelledby="retention-title">
      <h2 id="retention-title">Retention</h2>
      <p className="hint">How long what is about people is kept. An empty field keeps it until somebody erases it.</p>
      {retained.map(({ field, name, does }) => (
        <TextSetting
          key={field}
          label={name}
          value={form.retention[field]?.toString() ?? ""}
          onChange={(text) => set("retention", { ...form.retention, [field]: daysOf(text) })}
          hint={does}
          isReadOnly={isReadOnly}
          isNumber
        />
      ))}
      {error !== undefined && (
        <p className="field-error" role="alert">
          {error}
        </p>
      )}
      <Cautions risks={risks} fields={["retention"]} />
    </section>
  );
}

/** Digits alone, so that there is nothing in the field that is no number. */
function daysOf(text: string): number | null {
  const digits = text.replace(/\D/g, "").slice(0, 6);
  return digits === "" ? null : Number(digits);
}

function Cautions({ risks, fields }: { risks: readonly Risk[]; fields: readonly (keyof Form)[] }): ReactNode {
  return (
    <div className="cautions" role="status">
      {risks
        .filter(({ field }) => fields.includes(field))
        .map(({ words }) => (
          <Caution key={words} words={words} />
        ))}
    </div>
  );
}
