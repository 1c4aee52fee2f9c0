import { BackpackError, type Problem } from "../errors.js";
import { Deferred } from "../deferred.js";
import { Listeners } from "../listeners.js";
import type { Member, Stop } from "../types.js";
import { type Frame, unsendable } from "./frame.js";
import type { Participant, Socket } from "./socket.js";

/** Something that another member said. */
export interface Message {
  event: string;
  data: unknown;
  from: string;
  user: { id: string } | null;
}

type Presence = Record<string, unknown>;

interface Join {
  presence: Presence;
  answer: Deferred<Member[]>;
}

interface Publish {
  frame: Frame;
  answer: Deferred<void>;
  sent: boolean;
}

let published = 0;

/** A channel: who is here, and what they say. Joined again by itself after a lost connection. */
export class Channel {
  /** Everybody who is here, oneself included. */
  members: Member[] = [];
  /** One's own name among the members. */
  self: string | null = null;
  /** The presence that the server has accepted last. */
  private presence: Presence = {};
  private wanted = false;
  /** How many times one has left without having been answered: answers before that belong to an earlier stay. */
  private leaving = 0;
  /** In the order in which the server answers them. */
  private joins: Join[] = [];
  private readonly publishes = new Map<string, Publish>();
  private readonly messages = new Listeners<Message>();
  private readonly presences = new Listeners<Member[]>();
  private readonly participant: Participant = {
    opened: () => this.opened(),
    heard: (frame) => this.heard(frame),
    lost: () => this.lost(),
    failed: (error) => this.failed(error),
  };

  constructor(
    readonly name: string,
    private readonly socket: Socket,
  ) {}

  /** Enter, and be seen with this presence. */
  join(presence: Record<string, unknown> = {}): Promise<Member[]> {
    const error = unsendable(this.joinFrame(presence));
    if (error) return Promise.reject(error);
    const join = { presence, answer: new Deferred<Member[]>() };
    this.joins.push(join);
    const inside = this.wanted || this.leaving > 0;
    this.wanted = true;
    if (inside) this.socket.send(this.joinFrame(presence));
    else this.socket.enter(this.participant);
    return join.answer.promise;
  }

  /** Change what the others see. */
  async update(presence: Record<string, unknown>): Promise<void> {
    await this.join(presence);
  }

  /** Leave. */
  leave(): void {
    if (!this.wanted) return;
    this.wanted = false;
    this.setMembers([], null);
    this.leaving++;
    if (!this.socket.send({ type: "leave", channel: this.name })) this.end();
  }

  /**
   * Say something to the others; settled when the server has passed it on. Said again after a lost connection that left
   * it open whether it had, so the others may hear it twice.
   */
  publish(event: string, data: unknown): Promise<void> {
    if (!this.wanted) return Promise.reject(notJoined(this.name));
    const id = `p${++published}`;
    const publish = {
      frame: { type: "publish", channel: this.name, event, data, id },
      answer: new Deferred<void>(),
      sent: false,
    };
    const error = unsendable(publish.frame);
    if (error) return Promise.reject(error);
    this.publishes.set(id, publish);
    this.sendPublishes();
    return publish.answer.promise;
  }

  /** Be told what the others say. */
  onMessage(listener: (message: Message) => void): Stop {
    return this.messages.add(listener);
  }

  /** Be told everybody who is here, after each change. */
  onPresence(listener: (members: Member[]) => void): Stop {
    return this.presences.add(listener);
  }

  private opened(): void {
    if (!this.wanted) return;
    if (!this.joins.length) this.joins.push({ presence: this.presence, answer: silent() });
    for (const { presence } of this.joins) this.socket.send(this.joinFrame(presence));
  }

  private lost(): void {
    this.self = null;
    this.leaving = 0;
    for (const publish of this.publishes.values()) publish.sent = false;
    if (!this.wanted) this.end();
  }

  private failed(error: BackpackError): void {
    for (const { answer } of this.joins.splice(0)) answer.reject(error);
    for (const { answer } of this.publishes.values()) answer.reject(error);
    this.publishes.clear();
    this.end();
  }

  private heard(frame: Frame): void {
    if (frame["channel"] !== this.name) return;
    if (frame.type === "published") this.settled(frame, (publish) => publish.answer.resolve());
    else if (frame.type === "error") this.refused(frame, new BackpackError(frame["problem"] as Problem));
    else if (frame.type === "joined") this.joined(String(frame["self"]), frame["members"] as Member[]);
    else if (frame.type === "left") this.left();
    else if (this.leaving) return;
    else if (frame.type === "presence") this.presenceChanged(frame["event"] === "leave", frame["member"] as Member);
    else if (frame.type === "message") this.messages.tell(messageOf(frame));
  }

  private joined(self: string, members: Member[]): void {
    const join = this.joins.shift();
    if (join) this.presence = join.presence;
    if (!this.leaving) {
      this.setMembers(members, self);
      this.sendPublishes();
    }
    join?.answer.resolve(members);
  }

  private left(): void {
    if (!this.leaving) return this.failed(removed(this.name));
    this.leaving--;
    if (!this.leaving && !this.wanted) this.end();
  }

  private refused(frame: Frame, error: BackpackError): void {
    if ("id" in frame) return this.settled(frame, (publish) => publish.answer.reject(error));
    this.joins.shift()?.answer.reject(error);
    // A presence that was refused leaves one where one was; a refused entrance ends the stay.
    if (this.self === null && !this.joins.length && !this.leaving) this.failed(error);
  }

  private settled(frame: Frame, settle: (publish: Publish) => void): void {
    const id = String(frame["id"]);
    const publish = this.publishes.get(id);
    this.publishes.delete(id);
    if (publish) settle(publish);
  }

  private presenceChanged(gone: boolean, member: Member): void {
    const isOther = (known: Member): boolean => known.member !== member.member;
    if (gone) this.setMembers(this.members.filter(isOther), this.self);
    else if (this.members.every(isOther)) this.setMembers([...this.members, member], this.self);
    else this.setMembers(this.members.map((known) => (isOther(known) ? known : member)), this.self);
  }

  /** Each of them once for each connection, so that no message is doubled while its answer is on the way. */
  private sendPublishes(): void {
    if (this.self === null) return;
    for (const publish of this.publishes.values()) {
      if (!publish.sent) this.socket.send(publish.frame);
      publish.sent = true;
    }
  }

  private joinFrame(presence: Presence): Frame {
    return { type: "join", channel: this.name, presence };
  }

  private setMembers(members: Member[], self: string | null): void {
    this.members = members;
    this.self = self;
    this.presences.tell(members);
  }

  /** Nothing more is wanted from the socket, and nothing more will come. */
  private end(): void {
    this.wanted = false;
    this.leaving = 0;
    this.socket.leave(this.participant);
    const error = notJoined(this.name);
    for (const { answer } of this.joins.splice(0)) answer.abandon(error);
    for (const { answer } of this.publishes.values()) answer.abandon(error);
    this.publishes.clear();
    if (this.members.length) this.setMembers([], null);
  }
}

/** An answer that nobody waits for. */
function silent(): Deferred<Member[]> {
  const answer = new Deferred<Member[]>();
  answer.promise.catch(() => {});
  return answer;
}

function notJoined(name: string): BackpackError {
  const detail = `The channel ${name} is not joined.`;
  const hint = "Wait for join() first.";
  return new BackpackError({ status: 0, code: "invalid_request", title: "Not joined", detail, hint });
}

function removed(name: string): BackpackError {
  const detail = `The rules do not let you be in the channel ${name} any more.`;
  return new BackpackError({ status: 0, code: "forbidden", title: "Removed from the channel", detail });
}

function messageOf({ event, data, from, user }: Frame): Message {
  return { event: String(event), data, from: String(from), user: user as Message["user"] };
}
