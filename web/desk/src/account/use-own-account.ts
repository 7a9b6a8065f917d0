import { useMemo } from "react";
import { useAdministration } from "../console/context";
import { OwnAccount } from "../engine/own-account";

export function useOwnAccount(): OwnAccount {
  const administration = useAdministration();
  return useMemo(() => new OwnAccount(administration), [administration]);
}
