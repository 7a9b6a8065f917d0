import type { ReactNode } from "react";
import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { SubmitButton } from "../ui/submit-button";
import type { Task } from "../ui/task";
import { CopyButton } from "./copy-button";
import { Caution, Refusal } from "./refusal";

interface BoxProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly isWide?: boolean;
  /** Whether only a button of its own closes it: what it shows is gone afterwards. */
  readonly isPinned?: boolean;
  readonly children: ReactNode;
}

/** Something over the page that wants an answer. It is open for as long as it is rendered. */
export function Box({ title, onClose, isWide = false, isPinned = false, children }: BoxProps): ReactNode {
  return (
    <ModalOverlay
      className="overlay"
      isOpen
      isDismissable={!isPinned}
      isKeyboardDismissDisabled={isPinned}
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
    >
      <Modal className="modal console-dialog" data-size={isWide ? "wide" : "medium"}>
        <Dialog className="dialog">
          <Heading slot="title">
            <bdi>{title}</bdi>
          </Heading>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

interface BoxFormProps {
  readonly task: Task;
  readonly verb: string;
  readonly busyWords: string;
  readonly look?: "primary" | "danger";
  readonly isDisabled?: boolean;
  readonly onSubmit: () => void;
  readonly onCancel: () => void;
  readonly children: ReactNode;
}

/** A form in a box: its fields, what was wrong with none of them, and two ways out. What is wrong the server says, at its field. */
export function BoxForm({ task, verb, busyWords, look, isDisabled, onSubmit, onCancel, children }: BoxFormProps): ReactNode {
  return (
    <form
      className="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
      <Refusal words={task.otherwise} />
      <div className="form-actions dialog-actions">
        <Button className="button" data-look="secondary" onPress={onCancel}>
          Cancel
        </Button>
        <SubmitButton
          task={task}
          busyWords={busyWords}
          {...(look !== undefined && { look })}
          {...(isDisabled !== undefined && { isDisabled })}
        >
          {verb}
        </SubmitButton>
      </div>
    </form>
  );
}

/** A form over the page that ends with its answer. */
export function FormBox({
  title,
  onClose,
  isWide = false,
  ...form
}: Pick<BoxProps, "title" | "onClose" | "isWide"> & Omit<BoxFormProps, "onCancel">): ReactNode {
  return (
    <Box title={title} onClose={onClose} isWide={isWide}>
      <BoxForm onCancel={onClose} {...form} />
    </Box>
  );
}

interface ShownOnceProps {
  /** A link or a secret. */
  readonly text: string;
  /** What it is, as in "Copy the link". */
  readonly what: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

const SHOWN = "shown-once";

/** A secret that cannot be read again, in a box that is pinned. It takes the place of the form that made it, and of its focus. */
export function ShownOnce({ text, what, onClose, children }: ShownOnceProps): ReactNode {
  return (
    <>
      {children}
      <p id={SHOWN} className="secret" dir="ltr">
        {text}
      </p>
      <div className="form-actions">
        <CopyButton text={text} shownIn={SHOWN} what={what} isLong words={`Copy ${what}`} autoFocus />
      </div>
      <Caution words="It is shown this one time. Signet keeps no more than its fingerprint." />
      <div className="form-actions dialog-actions">
        <Button className="button" data-look="primary" onPress={onClose}>
          Done
        </Button>
      </div>
    </>
  );
}
