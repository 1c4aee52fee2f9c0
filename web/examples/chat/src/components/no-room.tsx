import "./no-room.css";

interface NoRoomProps {
  ready: boolean;
  /** Of a room that is not there; empty when none was asked for. */
  address: string;
  /** There is no room at all. */
  empty: boolean;
  onNewRoom: () => void;
}

/** What stands in the place of a room. */
export function NoRoom({ ready, address, empty, onNewRoom }: NoRoomProps) {
  if (!ready) return null;
  return (
    <div className="no-room">
      {empty ? (
        <>
          <p>There are no rooms yet.</p>
          <button type="button" className="button primary" onClick={onNewRoom}>
            Make the first room
          </button>
        </>
      ) : address === "" ? (
        <p>Choose a room.</p>
      ) : (
        <>
          <p>This room is not there any more.</p>
          <a href="#">All rooms</a>
        </>
      )}
    </div>
  );
}
