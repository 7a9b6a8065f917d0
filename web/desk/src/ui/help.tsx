import type { ReactNode } from "react";
import { Button, Dialog, Heading, Modal, ModalOverlay, Switch } from "react-aria-components";
import { Icon } from "./icons";
import { preferences, usePreferences } from "./preferences";
import { shortcutWords } from "./shortcuts";

interface HelpProps {
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
}

export function Help({ isOpen, onOpenChange }: HelpProps): ReactNode {
  const { shortcuts } = usePreferences();
  return (
    <ModalOverlay className="overlay" isDismissable isOpen={isOpen} onOpenChange={onOpenChange}>
      <Modal className="modal">
        <Dialog className="dialog">
          <header className="dialog-header">
            <Heading slot="title">Keyboard shortcuts</Heading>
            <Button slot="close" className="button" data-look="quiet" data-shape="icon" aria-label="Close help">
              <Icon name="close" />
            </Button>
          </header>
          <dl className="shortcuts">
            {shortcutWords.map(({ keys, does }) => (
              <div key={does}>
                <dt>
                  {keys.map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
          <Switch className="switch" isSelected={shortcuts} onChange={(on) => preferences.set({ shortcuts: on })}>
            <span className="switch-track" aria-hidden="true" />
            Single-letter shortcuts
          </Switch>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
