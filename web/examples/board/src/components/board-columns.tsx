import { DragDropContext } from "@hello-pangea/dnd";
import type { DropResult } from "@hello-pangea/dnd";
import { useState } from "react";

import { useNow } from "../hooks/use-now";
import { COLUMNS } from "../model/card";
import type { CardDocument, ColumnId } from "../model/card";
import type { Columns } from "../model/cards";
import { ColumnView } from "./column-view";
import "./board-columns.css";

interface BoardColumnsProps {
  columns: Columns;
  ready: boolean;
  onOpen: (id: string) => void;
  onAdd: (title: string, column: ColumnId) => Promise<boolean>;
  onMove: (id: string, column: ColumnId, index: number, others: readonly CardDocument[]) => void;
}

const INSTRUCTIONS =
  "Press Enter to open the card. Press space to pick it up, the arrow keys to move it, " +
  "space again to put it down, and escape to leave it where it was.";

export function BoardColumns({ columns, ready, onOpen, onAdd, onMove }: BoardColumnsProps) {
  const now = useNow();
  // What others do while a card is in the hand shows when it is put down: the places under it must not shift.
  const [held, setHeld] = useState<Columns | null>(null);
  const shown = held ?? columns;

  const drop = ({ draggableId, source, destination }: DropResult) => {
    setHeld(null);
    const target = COLUMNS.find((column) => column.id === destination?.droppableId);
    if (!destination || !target) return;
    if (source.droppableId === target.id && source.index === destination.index) return;
    const others = shown[target.id].filter((card) => card.id !== draggableId);
    onMove(draggableId, target.id, destination.index, others);
  };

  return (
    <DragDropContext
      dragHandleUsageInstructions={INSTRUCTIONS}
      onDragStart={() => setHeld(columns)}
      onDragEnd={drop}
    >
      <div className="board-columns" aria-busy={!ready}>
        {COLUMNS.map((column) => (
          <ColumnView
            key={column.id}
            column={column}
            cards={shown[column.id]}
            ready={ready}
            now={now}
            onOpen={onOpen}
            onAdd={(title) => onAdd(title, column.id)}
          />
        ))}
      </div>
    </DragDropContext>
  );
}
