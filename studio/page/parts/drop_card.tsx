import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";

/** What {@linkcode DropCard} needs to know and do. */
export interface DropCardProps {
  /** What it is called, or the id of its heading. */
  name: { label: string } | { heading: string };
  onFiles: (files: readonly File[]) => void;
  children: ComponentChildren;
}

/** A card that takes files which are dropped on it. */
export function DropCard({ name, onFiles, children }: DropCardProps) {
  const isOver = useSignal(false);
  const named = "label" in name
    ? { "aria-label": name.label }
    : { "aria-labelledby": name.heading };
  return (
    <section
      {...named}
      class={isOver.value ? "card drop over" : "card drop"}
      onDragOver={(event) => {
        event.preventDefault();
        isOver.value = true;
      }}
      onDragLeave={() => isOver.value = false}
      onDrop={(event) => {
        event.preventDefault();
        isOver.value = false;
        onFiles([...event.dataTransfer?.files ?? []]);
      }}
    >
      {children}
    </section>
  );
}

/** What {@linkcode FileButton} needs to know and do. */
export interface FileButtonProps {
  id?: string;
  /** Endings and types that are offered. */
  accept: string;
  multiple?: boolean;
  isPrimary?: boolean;
  disabled: boolean;
  onFiles: (files: readonly File[]) => void;
  children: ComponentChildren;
}

/** A button that asks for files. */
export function FileButton(props: FileButtonProps) {
  const { id, accept, multiple = false, isPrimary = false, disabled, onFiles, children } = props;
  const classes = ["button", isPrimary ? "primary" : "", disabled ? "off" : ""];
  return (
    <label class={classes.filter((one) => one !== "").join(" ")}>
      {children}
      <input
        id={id}
        type="file"
        accept={accept}
        multiple={multiple}
        class="unseen"
        disabled={disabled}
        onChange={({ currentTarget }) => {
          onFiles([...currentTarget.files ?? []]);
          currentTarget.value = ""; // the same file can be chosen again
        }}
      />
    </label>
  );
}
