export * from "./channel";
export * from "./language";
export type * from "./visitor";
