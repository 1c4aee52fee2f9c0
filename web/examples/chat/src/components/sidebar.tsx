import { colorOf } from "../model/people";
import type { Person } from "../model/people";
import type { RoomDocument } from "../model/room";
import { Avatar } from "./avatar";
import { ChatMark } from "./chat-mark";
import { LiveStatus } from "./live-status";
import { RoomList } from "./room-list";
import "./sidebar.css";

interface SidebarProps {
  me: Person;
  rooms: readonly RoomDocument[];
  ready: boolean;
  problem: string | null;
  open: string | undefined;
  unread: ReadonlySet<string>;
  onRetry: () => void;
  onNewRoom: () => void;
  onSignOut: () => void;
}

export function Sidebar({ me, rooms, ready, problem, open, unread, onRetry, onNewRoom, onSignOut }: SidebarProps) {
  return (
    <div className="sidebar">
      <header className="sidebar-head">
        <ChatMark />
        <h1>Chat</h1>
        <LiveStatus />
      </header>
      <nav className="sidebar-rooms" aria-labelledby="rooms">
        <div className="sidebar-title">
          <h2 id="rooms">Rooms</h2>
          <button
            type="button"
            className="button icon"
            data-testid="new-room"
            aria-label="New room"
            onClick={onNewRoom}
          >
            +
          </button>
        </div>
        {problem !== null ? (
          <div className="sidebar-note" role="alert">
            <p>{problem}</p>
            <button type="button" className="button quiet" onClick={onRetry}>
              Try again
            </button>
          </div>
        ) : ready ? (
          <RoomList rooms={rooms} open={open} unread={unread} />
        ) : (
          <p className="sidebar-note">Loading the rooms…</p>
        )}
      </nav>
      <footer className="sidebar-foot">
        <Avatar name={me.name} color={colorOf(me.id)} />
        <span className="sidebar-me">{me.name}</span>
        <button type="button" className="button quiet" data-testid="sign-out" onClick={onSignOut}>
          Sign out
        </button>
      </footer>
    </div>
  );
}
