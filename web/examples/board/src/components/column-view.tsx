import { Droppable } from "@hello-pangea/dnd";
import { useState } from "react";

import type { CardDocument, Column } from "../model/card";
import { CardComposer } from "./card-composer";
import { CardView } from "./card-view";

interface ColumnViewProps {
  column: Column;
  cards: readonly CardDocument[];
  ready: boolean;
  now: number;
  onOpen: (id: string) => void;
  onAdd: (title: string) => Promise<boolean>;
}

export function ColumnView({ column, cards, ready, now, onOpen, onAdd }: ColumnViewProps) {
  const [composing, setComposing] = useState(false);
  const headingId = `column-${column.id}`;
  return (
    <section className="column" data-testid={headingId} data-column={column.id} aria-labelledby={headingId}>
      <div className="column-head">
        <h2 id={headingId}>{column.name}</h2>
        <span className="column-count">{cards.length}</span>
        <button
          type="button"
          className="button icon"
          data-testid={`add-card-${column.id}`}
          aria-label={`Add a card to ${column.name}`}
          onClick={() => setComposing(true)}
        >
          +
        </button>
      </div>
      <Droppable droppableId={column.id}>
        {({ innerRef, droppableProps, placeholder }, { isDraggingOver }) => (
          <ul ref={innerRef} {...droppableProps} className="column-cards" data-over={isDraggingOver}>
            {cards.map((card, index) => (
              <CardView key={card.id} card={card} index={index} now={now} onOpen={onOpen} />
            ))}
            {placeholder}
            {ready && cards.length === 0 && !isDraggingOver && <li className="column-empty">{column.empty}</li>}
          </ul>
        )}
      </Droppable>
      {composing && <CardComposer column={column.name} onAdd={onAdd} onClose={() => setComposing(false)} />}
    </section>
  );
}
