import type { ComponentType } from "react";
import type { IconName } from "../ui/icons";
import type { Scope } from "./rights";

interface CommonPage {
  /** Its word in the address. */
  readonly id: string;
  /** Its heading. */
  readonly title: string;
  /** Its name in the navigation. */
  readonly name: string;
  readonly icon: IconName;
}

/** A page about one project, for those who have the right there. */
export interface ProjectPage extends CommonPage {
  readonly of: "project";
  readonly needs: Scope;
  /** Stands beside its name in the navigation. */
  readonly Mark?: ComponentType<{ readonly projectId: string }>;
  readonly Content: ComponentType<{ readonly projectId: string }>;
}

/** A page about all that projects share, for the platform's owners. */
export interface PlatformPage extends CommonPage {
  readonly of: "platform";
  readonly Content: ComponentType;
}

/** A page of the console. Each lives in a folder of its own and is listed in `pages.ts`. */
export type Page = ProjectPage | PlatformPage;
