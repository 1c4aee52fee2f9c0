import type { Present } from "../model/people";
import type { RoomDocument } from "../model/room";
import { PresenceList } from "./presence-list";
import "./room-header.css";

export function RoomHeader({ room, people }: { room: RoomDocument; people: readonly Present[] }) {
  return (
    <header className="room-header">
      <a className="button icon room-back" href="#" aria-label="All rooms" data-testid="back">
        ‹
      </a>
      <div className="room-heading">
        <h2 data-testid="room-heading">{room.title}</h2>
        {room.topic && <p className="room-topic">{room.topic}</p>}
      </div>
      <PresenceList people={people} />
    </header>
  );
}
