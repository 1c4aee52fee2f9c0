import { Draggable } from "@hello-pangea/dnd";
import { memo } from "react";
import type { KeyboardEvent, MouseEvent } from "react";

import type { CardDocument } from "../model/card";
import { colorOf } from "../model/people";
import { ago } from "../model/time";
import { Avatar } from "./avatar";
import { CardPicture } from "./card-picture";
import "./card-view.css";

interface CardViewProps {
  card: CardDocument;
  index: number;
  now: number;
  onOpen: (id: string) => void;
}

export const CardView = memo(function CardView({ card, index, now, onOpen }: CardViewProps) {
  // A click or a key that was part of a drag is marked as handled.
  const openOnClick = (event: MouseEvent) => {
    if (!event.defaultPrevented) onOpen(card.id);
  };
  const openOnEnter = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.defaultPrevented) return;
    // Otherwise the same key press would go on into the dialog's form and submit it.
    event.preventDefault();
    onOpen(card.id);
  };

  return (
    <Draggable draggableId={card.id} index={index}>
      {({ innerRef, draggableProps, dragHandleProps }, { isDragging }) => (
        <li ref={innerRef} {...draggableProps} className="card-place">
          <div
            {...dragHandleProps}
            className="card"
            data-testid="card"
            data-card-id={card.id}
            data-dragging={isDragging}
            onClick={openOnClick}
            onKeyDown={openOnEnter}
          >
            {card.picture !== undefined && <CardPicture key={card.picture} file={card.picture} />}
            <p className="card-title" data-testid="card-title">
              {card.title}
            </p>
            {card.text && <p className="card-text">{card.text}</p>}
            <CardFooter card={card} now={now} />
          </div>
        </li>
      )}
    </Draggable>
  );
});

function CardFooter({ card, now }: { card: CardDocument; now: number }) {
  return (
    <p className="card-footer">
      <Avatar name={card.author} color={colorOf(card.owner ?? card.author)} small />
      <time dateTime={card.createdAt} title={new Date(card.createdAt).toLocaleString()}>
        {ago(card.createdAt, now)}
      </time>
    </p>
  );
}
