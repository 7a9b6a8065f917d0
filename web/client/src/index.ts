export * from "./api";
export * from "./connection";
export * from "./environment";
export * from "./phase";
export * from "./session";
export * from "./sign-outs";
export * from "./thread";
export { Prover } from "./proof";
export type { HeldKey } from "./proof";
