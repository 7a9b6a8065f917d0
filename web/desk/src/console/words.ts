/** The Token Doctor's steps in words, and texts of strangers shown as they are. */
import type { InspectionStep } from "../graphql/console-documents";

export const stepNames: Readonly<Record<InspectionStep["name"], string>> = {
  SHAPE: "Shape",
  ENCRYPTION_HEADER: "Encryption header",
  DECRYPTION: "Decryption",
  SIGNATURE_HEADER: "Signature header",
  SIGNATURE: "Signature",
  CLAIMS: "Claims",
  SINGLE_USE: "Single use",
};

export const stepDoes: Readonly<Record<InspectionStep["name"], string>> = {
  SHAPE: "Size, number of parts, alphabet",
  ENCRYPTION_HEADER: "What the outer header asks for",
  DECRYPTION: "Opened with the platform's key",
  SIGNATURE_HEADER: "What the header of the token inside says",
  SIGNATURE: "Checked with the project's active keys",
  CLAIMS: "Who, from whom, when, for whom",
  SINGLE_USE: "Whether it was used before",
};

export const statusWords: Readonly<Record<InspectionStep["status"], string>> = {
  OK: "OK",
  FAILED: "Failed",
  SKIPPED: "Not reached",
};

/** Control, format and separator characters other than the plain space: what is there and cannot be seen. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

/** A text with everything that draws nothing, or turns the direction of writing, as `\u{200b}`. */
export function exactly(text: string): string {
  return text.replace(UNSEEN, (one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`);
}

/** A piece of a sentence; `code` is what stood between backticks. */
export interface Piece {
  readonly text: string;
  readonly isCode: boolean;
}

/** A sentence of a finding in pieces: plain and `code` take turns. A backtick without a second one is itself. */
export function piecesOf(sentence: string): readonly Piece[] {
  return sentence
    .split(/`([^`]+)`/)
    .map((text, index) => ({ text, isCode: index % 2 === 1 }))
    .filter(({ text }) => text !== "");
}
