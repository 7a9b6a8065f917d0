import type { ReactNode } from "react";
import { Button, Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover, Separator } from "react-aria-components";
import { initials } from "@signet/kit";
import { ACCOUNT_ADDRESS, moveTo } from "./address";
import { useDeskState } from "./context";
import { Icon } from "./icons";
import { preferences, type Theme, usePreferences } from "./preferences";

/** Who is signed in, whether the connection lives, and what concerns this person alone. */
export function AgentMenu({ onSignOut }: { onSignOut: () => void }): ReactNode {
  const viewer = useDeskState((state) => state.viewer);
  const connection = useDeskState((state) => state.connection);
  const { theme } = usePreferences();
  return (
    <MenuTrigger>
      <Button className="rail-item rail-agent">
        <span className="avatar" data-tint="agent" data-connection={connection} aria-hidden="true">
          {initials(viewer.name)}
        </span>
        <span className="rail-label">{viewer.name}</span>
        <Icon name="more" />
      </Button>
      <Popover className="popover" placement="top start">
        <Menu
          className="menu"
          onAction={(key) => {
            if (key === "account") moveTo(ACCOUNT_ADDRESS);
            if (key === "sign-out") onSignOut();
          }}
        >
          <MenuSection
            className="menu-section"
            selectionMode="single"
            selectedKeys={[theme]}
            disallowEmptySelection
            onSelectionChange={(keys) => {
              const [chosen] = keys === "all" ? [] : keys;
              preferences.set({ theme: (chosen as Theme | undefined) ?? "system" });
            }}
          >
            <Header className="menu-header">Appearance</Header>
            <MenuItem className="menu-item" id="system">
              Like the system
            </MenuItem>
            <MenuItem className="menu-item" id="light">
              Light
            </MenuItem>
            <MenuItem className="menu-item" id="dark">
              Dark
            </MenuItem>
          </MenuSection>
          <Separator className="menu-separator" />
          <MenuItem className="menu-item" id="account">
            Your account
          </MenuItem>
          <MenuItem className="menu-item" id="sign-out">
            Sign out
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
