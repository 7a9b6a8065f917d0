/** The widget's words, for every component below. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { en } from "../messages/en";
import type { Messages } from "../messages";

const WordsContext = createContext<Messages>(en);

/** Gives the components below it their language. */
export const Words = WordsContext.Provider;

export function useWords(): Messages {
  return useContext(WordsContext);
}
