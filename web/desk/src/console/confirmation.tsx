import { type ReactNode, useState } from "react";
import { Button, Dialog, Heading, Input, Label, Modal, ModalOverlay, TextField } from "react-aria-components";
import { Prose } from "./prose";

interface ConfirmationProps {
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
  readonly title: string;
  /** The word on the button that does it. */
  readonly action: string;
  readonly onConfirm: () => void;
  readonly isDangerous?: boolean;
  /** What has to be typed first, for what cannot be taken back. */
  readonly typed?: string;
  /** What will happen. */
  readonly children: ReactNode;
}

/** Asks before something is done that ends or breaks something. Esc and the first button do nothing. */
export function Confirmation(props: ConfirmationProps): ReactNode {
  return (
    <ModalOverlay className="overlay" isDismissable isOpen={props.isOpen} onOpenChange={props.onOpenChange}>
      <Modal className="modal modal-wide">
        <Dialog className="dialog" role="alertdialog">
          {({ close }) => <Question {...props} close={close} />}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Question({ title, action, onConfirm, isDangerous = false, typed, children, close }: ConfirmationProps & { close: () => void }): ReactNode {
  const [text, setText] = useState("");
  const isReady = typed === undefined || text.trim() === typed;

  function confirm(): void {
    if (!isReady) return;
    close();
    onConfirm();
  }

  return (
    <>
      <Heading slot="title">{title}</Heading>
      <div className="dialog-body">{children}</div>
      {typed !== undefined && (
        <TextField className="field" value={text} onChange={setText} autoComplete="off" onKeyDown={(event) => event.key === "Enter" && confirm()}>
          <Label>
            <Prose text={`Type \`${typed}\` to go on`} />
          </Label>
          <Input className="mono" spellCheck="false" autoCapitalize="none" />
        </TextField>
      )}
      <footer className="dialog-actions">
        <Button className="button" data-look="secondary" onPress={close} autoFocus={typed === undefined}>
          Cancel
        </Button>
        <Button className="button" data-look={isDangerous ? "danger" : "primary"} isDisabled={!isReady} onPress={confirm}>
          {action}
        </Button>
      </footer>
    </>
  );
}
