import { initGraphQLTada } from "gql.tada";
import type { introspection } from "./schema";

/**
 * Documents typed by the committed schema. `Long` holds places in a project's order of events: whole numbers
 * well under 2^53.
 */
export const graphql = initGraphQLTada<{
  introspection: introspection;
  disableMasking: true;
  scalars: { DateTime: string; Long: number; UUID: string };
}>();

export type { ResultOf, VariablesOf } from "gql.tada";
