import { Fragment, type ReactNode } from "react";
import { piecesOf } from "./words";

/** A sentence of a finding, with its `code` set as code. */
export function Prose({ text }: { text: string }): ReactNode {
  return piecesOf(text).map((piece, index) =>
    piece.isCode ? <code key={index}>{piece.text}</code> : <Fragment key={index}>{piece.text}</Fragment>,
  );
}
