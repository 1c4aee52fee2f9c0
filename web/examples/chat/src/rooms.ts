import type { Backpack } from "backpack-sdk";

import { Store } from "./lib/store";
import { explain } from "./model/problems";
import { byTitle } from "./model/room";
import type { Room, RoomDocument } from "./model/room";

export interface RoomsState {
  ready: boolean;
  /** Why the list is not followed any more. */
  problem: string | null;
  /** In the order of their titles. */
  items: readonly RoomDocument[];
}

/** The list of rooms, live. */
export class Rooms {
  readonly state = new Store<RoomsState>({ ready: false, problem: null, items: [] });
  readonly #backpack: Backpack;

  constructor(backpack: Backpack) {
    this.#backpack = backpack;
  }

  get #collection() {
    return this.#backpack.collection<Room>("rooms");
  }

  /** Follow the list until the returned function is called. */
  open(): () => void {
    this.state.update((state) => ({ ...state, problem: null }));
    const subscription = this.#collection.subscribe(
      { limit: 1000 },
      {
        snapshot: (items) => this.state.update(() => ({ ready: true, problem: null, items: items.toSorted(byTitle) })),
        change: (change) => {
          if (change.op === "delete") this.#without(change.document.id);
          else this.#put(change.document);
        },
        error: (error) => this.state.update((state) => ({ ...state, problem: explain(error) })),
      },
    );
    return () => subscription.close();
  }

  async add(room: Room): Promise<RoomDocument> {
    const made = await this.#collection.create(room);
    this.#put(made);
    return made;
  }

  #put(room: RoomDocument): void {
    this.state.update(({ items, ...state }) => {
      const known = items.find(({ id }) => id === room.id);
      if (known !== undefined && known.version >= room.version) return { ...state, items };
      return { ...state, items: [...items.filter((other) => other !== known), room].sort(byTitle) };
    });
  }

  #without(id: string): void {
    this.state.update(({ items, ...state }) => ({ ...state, items: items.filter((room) => room.id !== id) }));
  }
}
