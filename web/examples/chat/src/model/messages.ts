/** The newest part of a room's messages, as the server told them. */

import { inOrder } from "./message";
import type { MessageDocument } from "./message";

export interface Messages {
  /** The oldest first, without gaps. */
  shown: readonly MessageDocument[];
  /** Whether there are older ones. */
  more: boolean;
  /** What was changed among those older ones: newer than a page that is on its way. */
  changed: ReadonlyMap<string, MessageDocument>;
  /** Deleted messages, so that an answer that comes late does not bring one back. */
  gone: ReadonlySet<string>;
}

export const NO_MESSAGES: Messages = { shown: [], more: false, changed: new Map(), gone: new Set() };

export function beginWith(items: readonly MessageDocument[], more: boolean): Messages {
  return { ...NO_MESSAGES, shown: items.toSorted(inOrder), more };
}

/** Changes and the answers of writes overtake each other, so the higher version wins. */
export function put(messages: Messages, message: MessageDocument): Messages {
  const { shown, more, changed, gone } = messages;
  const index = shown.findIndex(({ id }) => id === message.id);
  const known = shown[index];
  if (gone.has(message.id) || (known !== undefined && known.version >= message.version)) return messages;
  if (known !== undefined) return { ...messages, shown: shown.with(index, message) };
  const oldest = shown[0];
  if (more && oldest !== undefined && inOrder(message, oldest) < 0) {
    return { ...messages, changed: new Map(changed).set(message.id, message) };
  }
  return { ...messages, shown: [...shown, message].sort(inOrder) };
}

/** A page of older ones. */
export function putOlder(messages: Messages, page: readonly MessageDocument[], more: boolean): Messages {
  const { shown, changed, gone } = messages;
  const latest = (message: MessageDocument) => {
    const late = changed.get(message.id);
    return late !== undefined && late.version > message.version ? late : message;
  };
  const found = page.filter(({ id }) => !gone.has(id)).map(latest);
  return { ...messages, shown: [...found, ...shown].sort(inOrder), more };
}

export function remove(messages: Messages, id: string): Messages {
  const shown = messages.shown.filter((message) => message.id !== id);
  return { ...messages, shown, gone: new Set(messages.gone).add(id) };
}
