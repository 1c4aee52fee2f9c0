import { useEffect, useMemo } from "react";

import { backpack } from "../backpack";
import { Board } from "../board";
import { useStore } from "../lib/store";
import type { CardDocument } from "../model/card";
import { inColumns, visible } from "../model/cards";
import type { Columns } from "../model/cards";
import type { Person } from "../model/people";

export interface LiveBoard {
  board: Board;
  ready: boolean;
  truncated: boolean;
  cards: ReadonlyMap<string, CardDocument>;
  columns: Columns;
}

/** The person's board, followed as long as the component is there. `failed` has to be stable. */
export function useBoard(author: Person, failed: (error: unknown) => void): LiveBoard {
  const board = useMemo(() => new Board(backpack, author), [author]);
  useEffect(() => board.open(failed), [board, failed]);

  const { ready, truncated, cards: state } = useStore(board.state);
  const cards = useMemo(() => visible(state), [state]);
  const columns = useMemo(() => inColumns(cards.values()), [cards]);
  return { board, ready, truncated, cards, columns };
}
