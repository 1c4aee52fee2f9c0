import { BackpackError, type Problem } from "../errors";
import type { Member, Stop } from "../types";
import type { Frame, Participant, Socket } from "./socket";

/** Something that another member said. */
export interface Message {
  event: string;
  data: unknown;
  from: string;
  user: { id: string } | null;
}

interface Waiting {
  resolve(): void;
  reject(error: BackpackError): void;
  frame: Frame;
}

let said = 0;

/** A channel: who is here, and what they say. Joined again by itself after a lost connection. */
export class Channel implements Participant {
  /** Everybody who is here, oneself included. */
  members: Member[] = [];
  /** One's own name among the members. */
  self: string | null = null;
  private presence: Record<string, unknown> = {};
  private leaveSocket: Stop | null = null;
  private joining: Array<{ resolve(members: Member[]): void; reject(error: BackpackError): void }> = [];
  private readonly waiting = new Map<string, Waiting>();
  private readonly onMessages = new Set<(message: Message) => void>();
  private readonly onMembers = new Set<(members: Member[]) => void>();

  constructor(
    readonly name: string,
    private readonly socket: Socket,
  ) {}

  /** Enter, and be seen with this presence. */
  join(presence: Record<string, unknown> = {}): Promise<Member[]> {
    this.presence = presence;
    const joined = new Promise<Member[]>((resolve, reject) => this.joining.push({ resolve, reject }));
    if (this.leaveSocket) this.sendJoin();
    else this.leaveSocket = this.socket.enter(this);
    return joined;
  }

  /** Change what the others see. */
  async update(presence: Record<string, unknown>): Promise<void> {
    await this.join(presence);
  }

  /** Leave. */
  async leave(): Promise<void> {
    this.socket.send({ type: "leave", channel: this.name });
    this.drop(notJoined(this.name));
  }

  /**
   * Say something to the others; settled when the server has passed it on. Said again after a lost connection that left
   * it open whether it had, so the others may hear it twice.
   */
  publish(event: string, data: unknown): Promise<void> {
    if (!this.leaveSocket) return Promise.reject(notJoined(this.name));
    const id = `p${++said}`;
    const frame = { type: "publish", channel: this.name, event, data, id };
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, frame });
      if (this.self !== null) this.socket.send(frame);
    });
  }

  onMessage(listener: (message: Message) => void): Stop {
    this.onMessages.add(listener);
    return () => this.onMessages.delete(listener);
  }

  /** Be told everybody who is here, after each change. */
  onPresence(listener: (members: Member[]) => void): Stop {
    this.onMembers.add(listener);
    return () => this.onMembers.delete(listener);
  }

  opened(): void {
    this.self = null;
    this.sendJoin();
  }

  heard(frame: Frame): void {
    if (frame["channel"] !== this.name) return;
    if (frame.type === "joined") this.joined(frame);
    else if (frame.type === "presence") this.presenceChanged(String(frame["event"]), frame["member"] as Member);
    else if (frame.type === "message") for (const tell of [...this.onMessages]) tell(frame as unknown as Message);
    else if (frame.type === "published") this.settle(String(frame["id"]), null);
    else if (frame.type === "error") this.refused(frame);
  }

  failed(error: BackpackError): void {
    this.drop(error);
  }

  private drop(error: BackpackError): void {
    for (const { reject } of this.joining.splice(0)) reject(error);
    for (const id of [...this.waiting.keys()]) this.settle(id, error);
    this.leaveSocket?.();
    this.leaveSocket = null;
    this.setMembers([]);
  }

  private sendJoin(): void {
    this.socket.send({ type: "join", channel: this.name, presence: this.presence });
  }

  private joined(frame: Frame): void {
    this.self = String(frame["self"]);
    this.setMembers(frame["members"] as Member[]);
    for (const { resolve } of this.joining.splice(0)) resolve(this.members);
    for (const { frame: unsent } of this.waiting.values()) this.socket.send(unsent);
  }

  private presenceChanged(event: string, member: Member): void {
    const others = this.members.filter((known) => known.member !== member.member);
    this.setMembers(event === "leave" ? others : [...others, member]);
  }

  private refused(frame: Frame): void {
    const error = new BackpackError(frame["problem"] as Problem);
    if (typeof frame["id"] === "string") this.settle(frame["id"], error);
    else this.failed(error);
  }

  private settle(id: string, error: BackpackError | null): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error) waiting?.reject(error);
    else waiting?.resolve();
  }

  private setMembers(members: Member[]): void {
    this.members = members;
    if (!members.length) this.self = null;
    for (const tell of [...this.onMembers]) tell(members);
  }
}

function notJoined(name: string): BackpackError {
  const detail = `The channel ${name} is not joined.`;
  const hint = "Wait for join() first.";
  return new BackpackError({ status: 0, code: "invalid_request", title: "Not joined", detail, hint });
}
