import { addressOf } from "../hooks/use-open-address";
import type { RoomDocument } from "../model/room";
import "./room-list.css";

interface RoomListProps {
  rooms: readonly RoomDocument[];
  open: string | undefined;
  unread: ReadonlySet<string>;
}

export function RoomList({ rooms, open, unread }: RoomListProps) {
  return (
    <ul className="room-list" data-testid="rooms">
      {rooms.map(({ id, title, topic }) => (
        <li key={id}>
          <a
            href={addressOf(id)}
            className="room-link"
            title={topic}
            data-testid="room"
            data-unread={unread.has(id)}
            aria-current={id === open ? "page" : undefined}
          >
            <span className="room-name">{title}</span>
            {unread.has(id) && <span className="room-unread" role="img" aria-label="New messages" />}
          </a>
        </li>
      ))}
    </ul>
  );
}
