import { useEffect, useMemo, useState } from "react";

import { backpack } from "../backpack";
import { useStore } from "../lib/store";
import type { RoomsState } from "../rooms";
import { Rooms } from "../rooms";

export interface LiveRooms extends RoomsState {
  rooms: Rooms;
  retry: () => void;
}

/** The list of rooms, followed as long as the component is there. */
export function useRooms(): LiveRooms {
  const rooms = useMemo(() => new Rooms(backpack), []);
  const [tries, setTries] = useState(0);
  useEffect(() => rooms.open(), [rooms, tries]);
  return { ...useStore(rooms.state), rooms, retry: () => setTries(tries + 1) };
}
