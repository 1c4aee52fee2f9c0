import { ActionIcon, Code, CopyButton, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";

import classes from "./copyable.module.css";

interface CopyableProps {
  text: string;
  /** What the text is, for the copy button's name: "API key". */
  what: string;
  testId?: string;
}

/** A piece of text to take along. One click marks all of it, for where a browser does not let pages copy. */
export function Copyable({ text, what, testId }: CopyableProps) {
  return (
    <div className={classes.box}>
      <Code className={classes.text} data-testid={testId}>
        {text}
      </Code>
      {/* Browsers offer the clipboard over HTTPS and on localhost only. */}
      {window.isSecureContext && (
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Tooltip label={copied ? "Copied" : "Copy"}>
              <ActionIcon
                variant="subtle"
                color={copied ? "pine" : "gray"}
                aria-label={copied ? `Copied: ${what}` : `Copy: ${what}`}
                onClick={copy}
              >
                {copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
              </ActionIcon>
            </Tooltip>
          )}
        </CopyButton>
      )}
    </div>
  );
}
