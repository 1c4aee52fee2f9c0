import type { Backpack } from "backpack-sdk";

import { newId } from "./lib/new-id";
import { Store } from "./lib/store";
import { Turns } from "./lib/turns";
import { isCard, patched } from "./model/card";
import type { Card, CardDocument, CardPatch, ColumnId } from "./model/card";
import { begin, end, inColumns, NO_CARDS, put, remove, replaceAll, visible } from "./model/cards";
import type { Cards, Edit } from "./model/cards";
import type { Person } from "./model/people";
import { place } from "./model/order";

export interface BoardState {
  ready: boolean;
  /** There are more cards than one snapshot holds. */
  truncated: boolean;
  cards: Cards;
}

/**
 * The board of one signed-in person, live.
 *
 * Every change shows at once and goes to the server. When the server refuses it, it is rolled back and the method
 * rejects.
 */
export class Board {
  readonly state = new Store<BoardState>({ ready: false, truncated: false, cards: NO_CARDS });
  readonly #backpack: Backpack;
  readonly #author: Person;
  // A card that is dragged twice in a row has to end where it was dropped last.
  readonly #turns = new Turns();

  constructor(backpack: Backpack, author: Person) {
    this.#backpack = backpack;
    this.#author = author;
  }

  get #collection() {
    return this.#backpack.collection<Card>("cards");
  }

  /** Follow the collection until the returned function is called. */
  open(failed: (error: unknown) => void): () => void {
    const subscription = this.#collection.subscribe(
      { limit: 1000 },
      {
        snapshot: (items, { truncated }) => {
          const known = items.filter(isCard);
          this.state.update(({ cards }) => ({ ready: true, truncated, cards: replaceAll(cards, known) }));
        },
        change: (change) => {
          if (change.op === "delete") this.#change((cards) => remove(cards, change.document.id));
          else this.#arrived(change.document);
        },
        error: failed,
      },
    );
    return () => subscription.close();
  }

  async add(title: string, column: ColumnId): Promise<void> {
    const last = this.#column(column).at(-1);
    const card = { id: newId(), title, column, position: (last?.position ?? 0) + 1, author: this.#author.name };
    const now = new Date().toISOString();
    const draft = { ...card, createdAt: now, updatedAt: now, version: 0, owner: this.#author.id };
    await this.#write({ id: card.id, apply: (saved) => saved ?? draft }, () => this.#collection.create(card));
  }

  /** Put the card at `index` of `column`, where `others` are the cards that stand there without it. */
  async move(id: string, column: ColumnId, index: number, others: readonly CardDocument[]): Promise<void> {
    const placements = place(id, index, others);
    await Promise.all(
      placements.map(({ id: each, position }) => this.patch(each, each === id ? { column, position } : { position })),
    );
  }

  async patch(id: string, patch: CardPatch): Promise<void> {
    const edit = { id, apply: (card: CardDocument | undefined) => card && patched(card, patch) };
    await this.#write(edit, () => this.#collection.update(id, patch));
  }

  async delete(card: CardDocument): Promise<void> {
    await this.#write({ id: card.id, apply: () => undefined }, () => this.#collection.delete(card.id));
    await this.#discard(card.picture);
  }

  /** Upload first, so that the card never names a picture that is not there. */
  async setPicture(card: CardDocument, image: File, onProgress: (fraction: number) => void): Promise<void> {
    const file = await this.#backpack.files.upload(image, { visibility: "authenticated", onProgress });
    try {
      await this.patch(card.id, { picture: file.id });
    } catch (error) {
      await this.#discard(file.id);
      throw error;
    }
    await this.#discard(card.picture);
  }

  async removePicture(card: CardDocument): Promise<void> {
    await this.patch(card.id, { picture: null });
    await this.#discard(card.picture);
  }

  /** A file that no card shows any more. Only its uploader may delete it; anyone else leaves it behind. */
  async #discard(file: string | undefined): Promise<void> {
    if (file !== undefined) await this.#backpack.files.delete(file).catch(() => undefined);
  }

  async #write(edit: Edit, send: () => Promise<CardDocument | void>): Promise<void> {
    this.#change((cards) => begin(cards, edit));
    try {
      const answer = await this.#turns.take(edit.id, send);
      if (answer) this.#arrived(answer);
      else this.#change((cards) => remove(cards, edit.id));
    } finally {
      this.#change((cards) => end(cards, edit));
    }
  }

  #arrived(card: CardDocument): void {
    if (isCard(card)) this.#change((cards) => put(cards, card));
  }

  #column(column: ColumnId): readonly CardDocument[] {
    return inColumns(visible(this.state.get().cards).values())[column];
  }

  #change(change: (cards: Cards) => Cards): void {
    this.state.update((state) => ({ ...state, cards: change(state.cards) }));
  }
}
