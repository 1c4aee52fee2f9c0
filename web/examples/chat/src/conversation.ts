import type { Backpack, Filter } from "backpack-sdk";

import { newId } from "./lib/new-id";
import { Store } from "./lib/store";
import type { Message, MessageDocument, Unsent } from "./model/message";
import { beginWith, NO_MESSAGES, put, putOlder, remove } from "./model/messages";
import type { Messages } from "./model/messages";
import type { Person } from "./model/people";
import { explain } from "./model/problems";

const PAGE = 50;
const NEWEST_FIRST = "-createdAt";

export interface ConversationState {
  ready: boolean;
  /** Why the room is not followed any more. */
  problem: string | null;
  messages: Messages;
  unsent: readonly Unsent[];
  /** What became of the wish for older messages. */
  older: "idle" | "loading" | "failed";
}

/** What one person sees and says in a room. */
export class Conversation {
  readonly state = new Store<ConversationState>({
    ready: false, problem: null, messages: NO_MESSAGES, unsent: [], older: "idle",
  });
  /** What is being written, and waits here while another room is open. */
  draft = "";
  readonly #backpack: Backpack;
  readonly #room: string;
  readonly #me: Person;
  /** Where the older messages go on. */
  #history: { filter: Filter<Message>; cursor?: string } | null = null;
  /** The last message that is on its way: the next one waits for it, so that they arrive in their order. */
  #sending: Promise<void> = Promise.resolve();

  constructor(backpack: Backpack, room: string, me: Person) {
    this.#backpack = backpack;
    this.#room = room;
    this.#me = me;
  }

  get #collection() {
    return this.#backpack.collection<Message>("messages");
  }

  /** Follow the room until the returned function is called. */
  open(): () => void {
    this.#set({ problem: null });
    const subscription = this.#collection.subscribe(
      { filter: { room: this.#room }, sort: NEWEST_FIRST, limit: PAGE },
      {
        snapshot: (items, { truncated }) => this.#begin(items, truncated),
        change: (change) => {
          if (change.op === "delete") this.#change((messages) => remove(messages, change.document.id));
          else this.#arrived(change.document);
        },
        error: (error) => this.#set({ problem: explain(error) }),
      },
    );
    return () => subscription.close();
  }

  async loadOlder(): Promise<void> {
    const history = this.#history;
    if (history === null || this.state.get().older === "loading") return;
    this.#set({ older: "loading" });
    try {
      const { items, next } = await this.#collection.list({ ...history, sort: NEWEST_FIRST, limit: PAGE });
      // A new beginning that came meanwhile has a history of its own.
      if (this.#history !== history) return;
      this.#history = next === null ? null : { ...history, cursor: next };
      this.#change((messages) => putOlder(messages, items, next !== null));
      this.#set({ older: "idle" });
    } catch {
      if (this.#history === history) this.#set({ older: "failed" });
    }
  }

  /** It shows at once. When the server does not take it, it stays with the reason, to be sent again or given up. */
  send(text: string): void {
    const now = new Date().toISOString();
    const mine = { room: this.#room, text, author: this.#me.name, owner: this.#me.id };
    const message = { ...mine, id: newId(), createdAt: now, updatedAt: now, version: 0 };
    this.state.update((state) => ({ ...state, unsent: [...state.unsent, { message, problem: null }] }));
    this.#deliver(message);
  }

  retry(message: MessageDocument): void {
    this.#mark(message.id, null);
    this.#deliver(message);
  }

  giveUp(id: string): void {
    this.state.update((state) => ({ ...state, unsent: state.unsent.filter(({ message }) => message.id !== id) }));
  }

  async edit(id: string, text: string): Promise<void> {
    this.#arrived(await this.#collection.update(id, { text, edited: true }));
  }

  async delete(id: string): Promise<void> {
    await this.#collection.delete(id);
    this.#change((messages) => remove(messages, id));
  }

  #deliver({ id, room, text, author }: MessageDocument): void {
    const send = async () => {
      try {
        // With its id as the key it is there once, also when only the answer of an earlier try was lost.
        this.#arrived(await this.#collection.create({ id, room, text, author }, { idempotencyKey: id }));
      } catch (error) {
        this.#mark(id, explain(error));
      }
    };
    this.#sending = this.#sending.then(send);
  }

  #begin(items: readonly MessageDocument[], more: boolean): void {
    const oldest = items.at(-1);
    this.#history = more && oldest ? { filter: before(oldest) } : null;
    for (const { id } of items) this.giveUp(id);
    this.#set({ ready: true, problem: null, older: "idle", messages: beginWith(items, more) });
  }

  #arrived(message: MessageDocument): void {
    this.giveUp(message.id);
    this.#change((messages) => put(messages, message));
  }

  #mark(id: string, problem: string | null): void {
    const marked = (each: Unsent) => (each.message.id === id ? { ...each, problem } : each);
    this.state.update((state) => ({ ...state, unsent: state.unsent.map(marked) }));
  }

  #change(change: (messages: Messages) => Messages): void {
    this.state.update((state) => ({ ...state, messages: change(state.messages) }));
  }

  #set(part: Partial<ConversationState>): void {
    this.state.update((state) => ({ ...state, ...part }));
  }
}

/** Those that stand above a message: of the same millisecond the id decides. */
function before({ room, createdAt, id }: MessageDocument): Filter<Message> {
  return { room, createdAt: { $lte: createdAt }, $or: [{ createdAt: { $lt: createdAt } }, { id: { $lt: id } }] };
}
