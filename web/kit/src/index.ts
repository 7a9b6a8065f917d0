/**
 * What desk and widget share: words for time and identity, cleaning of names that visitors choose,
 * and drawings as data. Nothing here knows a UI framework; colour and space live in `tokens.css`.
 */
export { cleanExcerpt, cleanName, initials, maskName } from "./names";
export { formatAge, formatClock, formatDate, formatDay, formatMoment, formatShortAge, sameDay } from "./time";
export { identityWords, type IdentityFacts, type IdentityState } from "./identity";
export { padlocks, seal, type Drawing } from "./drawings";
