import type { User } from "backpack-sdk";
import { useCallback, useEffect, useMemo, useState } from "react";

import { backpack } from "../backpack";
import { useBoard } from "../hooks/use-board";
import { useNotice } from "../hooks/use-notice";
import { colorOf } from "../model/people";
import type { Person } from "../model/people";
import { explain } from "../model/problems";
import { BoardColumns } from "./board-columns";
import { BoardHeader } from "./board-header";
import { CardDialog } from "./card-dialog";
import { Toast } from "./toast";

/** A profile's fields are whatever the client sent when the account was made. */
function personOf({ id, name, email }: User): Person {
  return { id, name: typeof name === "string" && name !== "" ? name : String(email), color: colorOf(id) };
}

export function BoardPage({ user }: { user: User }) {
  const me = useMemo(() => personOf(user), [user]);
  const { notice, show, dismiss, attempt } = useNotice();
  const failed = useCallback((error: unknown) => show(`The board is not live. ${explain(error)}`), [show]);
  const { board, ready, truncated, cards, columns } = useBoard(me, failed);
  const [openId, setOpenId] = useState<string | null>(null);
  const open = openId === null ? undefined : cards.get(openId);

  useEffect(() => {
    if (openId === null || open !== undefined) return;
    setOpenId(null);
    show("Someone has deleted the card.");
  }, [openId, open, show]);

  const close = useCallback(() => setOpenId(null), []);

  return (
    <div className="board-page">
      <BoardHeader me={me} onSignOut={() => void attempt("Signing out failed.", backpack.auth.logout())} />
      <main>
        {truncated && <p className="page-note">There are too many cards for one board; some are not shown.</p>}
        <BoardColumns
          columns={columns}
          ready={ready}
          onOpen={setOpenId}
          onAdd={(title, column) => attempt("The card could not be added.", board.add(title, column))}
          onMove={(...move) => void attempt("The card could not be moved.", board.move(...move))}
        />
      </main>
      {open && (
        <CardDialog
          key={open.id}
          board={board}
          card={open}
          own={open.owner === me.id}
          onClose={close}
          onDelete={() => {
            close();
            void attempt("The card could not be deleted.", board.delete(open));
          }}
        />
      )}
      <Toast notice={notice} onDismiss={dismiss} />
    </div>
  );
}
