import { expect, test } from "vitest";
import { splitRuns } from "../src/text";

const addresses = (text: string): (string | null)[] => splitRuns(text).flatMap(({ href }) => (href ? [href] : []));

test.each([
  "",
  "no address",
  "https://example.org",
  "see https://example.org/a?b=1#c, or http://example.org.",
  "(https://example.org/a) «https://example.org/b»",
  "<script>alert(1)</script> https://example.org/<img>",
])("the runs of %j together are the text", (text) => {
  expect(splitRuns(text).map((run) => run.text).join("")).toBe(text);
});

test("finds addresses without the punctuation around them", () => {
  expect(addresses("see https://example.org/a?b=1#c, or (http://example.org/d).")).toEqual([
    "https://example.org/a?b=1#c",
    "http://example.org/d",
  ]);
});

test.each(["javascript:alert(1)", "data:text/html,x", "java\nscript:alert(1)", "https://", "file:///etc/passwd", "ftp://example.org"])(
  "%j is not followed",
  (text) => expect(addresses(text)).toEqual([]),
);
