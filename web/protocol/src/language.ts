/** Languages written from right to left, by their primary subtag (BCP 47). */
const RIGHT_TO_LEFT = ["ar", "fa", "he", "ur"];

/** Whether a language tag such as `ar-EG` names a language written from right to left. */
export function isRightToLeft(language: string): boolean {
  return RIGHT_TO_LEFT.includes(language.toLowerCase().split("-")[0] ?? "");
}
