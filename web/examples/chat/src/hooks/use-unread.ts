import { useEffect, useMemo, useState } from "react";

import { backpack } from "../backpack";
import type { Message, MessageDocument } from "../model/message";
import { keepMarks, loadMarks } from "../model/read-marks";
import { useVisible } from "./use-visible";

/** Older messages than so many of all rooms make no mark. */
const LOOKED_AT = 200;

type Latest = ReadonlyMap<string, string>;

function withMessage(latest: Latest, { room, createdAt }: MessageDocument): Latest {
  return createdAt > (latest.get(room) ?? "") ? new Map(latest).set(room, createdAt) : latest;
}

/** When others have last written in each room. */
function useLatest(me: string): Latest {
  const [latest, setLatest] = useState<Latest>(new Map());
  useEffect(() => {
    const add = (messages: readonly MessageDocument[]) =>
      setLatest((before) => messages.filter(({ owner }) => owner !== me).reduce(withMessage, before));
    const subscription = backpack.collection<Message>("messages").subscribe(
      { limit: LOOKED_AT },
      {
        snapshot: (items) => add(items),
        change: (change) => change.op === "create" && add([change.document]),
        // Rooms without marks can be used as well; what is wrong is told where the messages are.
        error: () => undefined,
      },
    );
    return () => subscription.close();
  }, [me]);
  return latest;
}

/** The rooms with messages that were not seen. The open one is read as long as the page is in front. */
export function useUnread(me: string, open: string | undefined): ReadonlySet<string> {
  const latest = useLatest(me);
  const visible = useVisible();
  const [marks, setMarks] = useState(() => loadMarks(me));
  const seen = visible && open !== undefined ? latest.get(open) : undefined;

  useEffect(() => {
    if (open === undefined || seen === undefined) return;
    setMarks((before) => (seen > (before[open] ?? "") ? { ...before, [open]: seen } : before));
  }, [open, seen]);

  useEffect(() => keepMarks(me, marks), [me, marks]);

  return useMemo(
    () => new Set([...latest].filter(([room, time]) => time > (marks[room] ?? "")).map(([room]) => room)),
    [latest, marks],
  );
}
