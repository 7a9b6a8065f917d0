export * from "./api";
export * from "./connection";
export * from "./environment";
export * from "./session";
export * from "./thread";
