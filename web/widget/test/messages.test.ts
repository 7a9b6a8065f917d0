import { describe, expect, test } from "vitest";
import { LANGUAGES, messagesFor } from "../src/messages";
import { en } from "../src/messages/en";

/** A message's words, whatever it takes to say them. */
function words(message: unknown): string {
  if (typeof message !== "function") return String(message);
  return String(message("Zoë")) + String(message(1)) + String(message(2));
}

describe.each(LANGUAGES.map((messages) => [messages.language, messages] as const))("%s", (language, messages) => {
  test("says everything", () => {
    expect(Object.keys(messages).sort()).toEqual(Object.keys(en).sort());
    for (const [key, message] of Object.entries(messages)) expect(words(message).trim(), key).not.toBe("");
  });

  test("says the name and the number it is given", () => {
    expect(messages.chattingAs("Zoë")).toContain("Zoë");
    expect(messages.isTyping("Zoë")).toContain("Zoë");
    expect(messages.welcome("Zoë")).toContain("Zoë");
    expect(messages.welcome(null)).not.toContain("null");
    expect(messages.unread(1)).not.toBe(messages.unread(2));
  });

  test.skipIf(language === "en")("is translated", () => {
    const same = Object.keys(en).filter(
      (key) => words(en[key as keyof typeof en]) === words(messages[key as keyof typeof en]),
    );
    // The word is the same in both languages.
    expect(same).toEqual(["conversation"]);
  });

  test("names its buttons so that the visible word is part of the name", () => {
    expect(messages.closeChat.startsWith(messages.close)).toBe(true);
    expect(messages.saveConversation.startsWith(messages.save)).toBe(true);
  });
});

test("the names that people and tests rely on", () => {
  expect(en).toMatchObject({
    openChat: "Open chat",
    chat: "Chat",
    closeChat: "Close chat",
    conversation: "Conversation",
    yourMessage: "Your message",
    send: "Send",
    nowSignedIn: "You are now signed in",
  });
});

test("finds a language by its primary subtag, and English otherwise", () => {
  expect(messagesFor("fr-CA").language).toBe("fr");
  expect(messagesFor("FR").language).toBe("fr");
  expect(messagesFor("ar").language).toBe("en");
  expect(messagesFor("").language).toBe("en");
});
