import type { Person } from "../model/people";
import { BoardMark } from "./board-mark";
import { LiveStatus } from "./live-status";
import { PresenceList } from "./presence-list";
import "./board-header.css";

export function BoardHeader({ me, onSignOut }: { me: Person; onSignOut: () => void }) {
  return (
    <header className="board-header">
      <BoardMark />
      <h1>Board</h1>
      <LiveStatus />
      <PresenceList me={me} />
      <button type="button" className="button quiet" data-testid="sign-out" onClick={onSignOut}>
        Sign out
      </button>
    </header>
  );
}
