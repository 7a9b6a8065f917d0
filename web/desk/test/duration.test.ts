import { expect, it } from "vitest";
import { durationInWords } from "../src/ui/duration";

it.each([
  [1, "1 second"],
  [60, "60 seconds"],
  [121, "3 minutes"],
  [900, "15 minutes"],
  [7_200, "2 hours"],
  [86_400, "24 hours"],
  [604_800, "7 days"],
])("%i s are %s", (seconds, words) => {
  expect(durationInWords(seconds)).toBe(words);
});
