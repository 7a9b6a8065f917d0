import { type ReactNode, useId } from "react";
import { Button } from "react-aria-components";
import { cleanExcerpt, cleanName, formatDate, formatMoment, formatShortAge } from "@signet/kit";
import type { Conversation, VisitorProfile } from "../graphql/documents";
import { visitorName } from "../store/selectors";
import { Avatar } from "./avatar";
import { useNow } from "./clock";
import { useDeskState } from "./context";
import { Icon, PadlockIcon } from "./icons";
import { noticeWords } from "./notices";
import { follow, placeAddress, usePlace } from "./place";

type Attribute = VisitorProfile["attributes"][number];

/** What is known of the visitor, and from whom it is known. */
export function Profile({ conversationId, onHide }: { conversationId: string; onHide: () => void }): ReactNode {
  const held = useDeskState((state) => state.conversations[conversationId]);
  const visitorId = held?.conversation.visitor.visitorId;
  const profile = useDeskState((state) => (visitorId === undefined ? undefined : state.profiles[visitorId]));
  return (
    <aside className="profile" aria-label="Visitor">
      <header className="profile-bar">
        <h2>Visitor</h2>
        <Button
          className="button profile-hide"
          data-look="quiet"
          data-shape="icon"
          aria-label="Hide visitor"
          onPress={onHide}
        >
          <Icon name="close" />
        </Button>
      </header>
      {held === undefined || profile === undefined ? (
        <div className="profile-loading skeleton" aria-hidden="true">
          <i />
          <i />
          <i />
        </div>
      ) : (
        <Facts conversation={held.conversation} profile={profile} />
      )}
    </aside>
  );
}

function Facts({ conversation, profile }: { conversation: Conversation; profile: VisitorProfile }): ReactNode {
  const now = useNow();
  const { visitor } = conversation;
  const name = visitorName(visitor);
  // A verified visitor's name is never the page's.
  const claimsName =
    profile.assurance !== "VERIFIED" &&
    profile.attributes.some((one) => /^(first|last)Name$/.test(one.name) && one.source === "PAGE");
  return (
    <>
      <section className="profile-who">
        <Avatar id={visitor.visitorId} name={name} anonymous={visitor.firstName == null && visitor.lastName == null} />
        <h3>
          <bdi>{name}</bdi>
        </h3>
        {claimsName && <p className="profile-claim">Name given by the page</p>}
      </section>
      <dl className="profile-facts">
        <div>
          <dt>User id</dt>
          <dd data-empty={profile.externalUserId === null}>
            {profile.externalUserId === null ? (
              "Not signed in"
            ) : (
              <bdi className="mono">{cleanExcerpt(profile.externalUserId)}</bdi>
            )}
          </dd>
        </div>
        {profile.verifiedAt !== null && (
          <div>
            <dt>Last proved</dt>
            <dd>{formatMoment(profile.verifiedAt, now)}</dd>
          </div>
        )}
        <div>
          <dt>First seen</dt>
          <dd>{formatDate(profile.createdAt)}</dd>
        </div>
      </dl>
      <Attributes profile={profile} />
      <Previous profile={profile} openId={conversation.id} />
    </>
  );
}

const sources = {
  TOKEN: { title: "From verified token", more: "Signed by your own site" },
  PAGE: { title: "From page", more: "Claimed, not verified" },
  AGENT: { title: "From agents", more: "Entered at the desk" },
} as const;

const attributeNames: Readonly<Record<string, string>> = {
  firstName: "First name",
  lastName: "Last name",
  email: "Email",
  phoneNumber: "Phone",
  address: "Address",
  zipCode: "Post code",
  city: "City",
  country: "Country",
};
const attributeOrder = Object.keys(attributeNames);

/** A row of the profile: what it is called, and the value. */
interface Fact {
  readonly key: string;
  readonly name: string;
  readonly value: string;
}

function factOf({ name, value }: Attribute): Fact {
  return { key: name, name: attributeNames[name] ?? name, value };
}

/** What the page says beside the attributes; those of its members that fill one are not said twice. */
function pageFacts({ attributes, customData, claimedId }: VisitorProfile): readonly Fact[] {
  const filled = attributes.filter((one) => one.source === "PAGE").map((one) => one.value);
  const standard = (key: string) => key === "cust_email" || key === "cust_name";
  const id = claimedId === null ? [] : [{ key: "extID", name: "Claimed id", value: claimedId }];
  const members = customData
    .filter((one) => !(standard(one.key) && filled.includes(one.value)))
    .map((one) => ({ key: `data ${one.key}`, name: cleanName(one.key) ?? "Unnamed", value: dataWords(one) }));
  return [...id, ...members];
}

function dataWords({ type, value }: VisitorProfile["customData"][number]): string {
  return type === "BOOLEAN" ? (value === "true" ? "Yes" : "No") : value;
}

function Attributes({ profile }: { profile: VisitorProfile }): ReactNode {
  const id = useId();
  const ordered = profile.attributes.toSorted(
    (a, b) => attributeOrder.indexOf(a.name) - attributeOrder.indexOf(b.name),
  );
  const groups = (["TOKEN", "PAGE", "AGENT"] as const)
    .map((source) => {
      const own = ordered.filter((one) => one.source === source).map(factOf);
      return { source, own: source === "PAGE" ? [...own, ...pageFacts(profile)] : own };
    })
    .filter(({ own }) => own.length > 0);
  if (groups.length === 0)
    return <p className="profile-nothing">Nothing more is known. Details appear when the visitor signs in.</p>;
  return groups.map(({ source, own }) => (
    <section key={source} className="provenance" data-source={source} aria-labelledby={`${id}${source}`}>
      <h3 id={`${id}${source}`} className="provenance-title">
        <PadlockIcon state={source === "TOKEN" ? "VERIFIED" : "NOT_VERIFIED"} />
        {sources[source].title}
        <span className="provenance-more">{sources[source].more}</span>
      </h3>
      <dl className="profile-facts">
        {own.map((fact) => (
          <div key={fact.key}>
            <dt>
              <bdi>{fact.name}</bdi>
            </dt>
            <dd>
              <bdi>{cleanExcerpt(fact.value)}</bdi>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  ));
}

function Previous({ profile, openId }: { profile: VisitorProfile; openId: string }): ReactNode {
  const place = usePlace();
  const now = useNow();
  const conversations = useDeskState((state) => state.conversations);
  const others = profile.conversations.nodes
    .filter((one) => one.id !== openId)
    .map((one) => conversations[one.id]?.conversation ?? one);
  return (
    <section className="previous">
      <h3>Other conversations</h3>
      {others.length === 0 ? (
        <p className="profile-nothing">This is the first.</p>
      ) : (
        <ul>
          {others.map((one) => (
            <li key={one.id}>
              <a
                href={placeAddress({ ...place, conversationId: one.id })}
                onClick={(event) => follow(event, { conversationId: one.id })}
              >
                <span className="previous-top">
                  <span>{one.state === "CLOSED" ? "Closed" : "Open"}</span>
                  <time dateTime={one.lastActivityAt}>{formatShortAge(one.lastActivityAt, now)}</time>
                </span>
                <span className="previous-text">
                  <bdi>{previewOf(one)}</bdi>
                </span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function previewOf({ agent, lastMessage }: Conversation): string {
  if (lastMessage === null) return "No messages";
  if (lastMessage.kind === "TEXT") return cleanExcerpt(lastMessage.text ?? "");
  const name = cleanName(agent?.name);
  return lastMessage.notice === "CONVERSATION_CLOSED" && name !== null ? `With ${name}` : noticeWords(lastMessage);
}
