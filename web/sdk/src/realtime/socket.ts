import { BackpackError, type Problem } from "../errors";
import type { Session } from "../session";
import type { Status, Stop } from "../types";
import { backoffMs } from "./backoff";

/** A frame of `backpack.v1`. */
export interface Frame {
  type: string;
  [field: string]: unknown;
}

/** Something that uses the socket: told when it opens, and about each frame. */
export interface Participant {
  /** The socket is open and signed in. `resumed` is false when the identity has changed since it was last open. */
  opened(resumed: boolean): void;
  heard(frame: Frame): void;
  /** The socket will not come back by itself. */
  failed(error: BackpackError): void;
}

export type WebSocketMaker = new (url: string, protocols: string[]) => WebSocket;

const PROTOCOL = "backpack.v1";
const QUIET_MS = 30_000;
const ANSWER_MS = 10_000;
const LINGER_MS = 3000;
/** Close codes after which coming back would only end the same way. */
const FINAL = new Set([4400, 4403]);
const SIGN_IN = 4401;

/** The one connection of a client: opened when it is needed, kept alive, reopened when it is lost. */
export class Socket {
  status: Status = "offline";
  private web: WebSocket | null = null;
  private ready = false;
  private attempts = 0;
  private identity: string | null | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private quiet: ReturnType<typeof setTimeout> | undefined;
  private readonly participants = new Set<Participant>();
  private readonly listeners = new Set<(status: Status) => void>();

  constructor(
    private readonly url: string,
    private readonly session: Session,
    private readonly WebSocket: WebSocketMaker,
  ) {
    session.onChange((user) => {
      if (this.web && this.identity !== undefined && (user?.id ?? null) !== this.identity) this.reopen();
    });
    if (typeof addEventListener === "undefined") return;
    addEventListener("online", () => this.hurry());
    if (typeof document !== "undefined") document.addEventListener("visibilitychange", () => this.hurry());
  }

  /** Use the socket until the returned function is called. */
  enter(participant: Participant): Stop {
    this.participants.add(participant);
    clearTimeout(this.web ? this.timer : undefined);
    if (this.ready) participant.opened(true);
    else if (!this.web) this.hurry();
    return () => this.leave(participant);
  }

  /** Send now; false when there is no connection (`opened` will tell when there is). */
  send(frame: Frame): boolean {
    if (!this.ready) return false;
    this.web?.send(JSON.stringify(frame));
    return true;
  }

  onStatus(listener: (status: Status) => void): Stop {
    this.listeners.add(listener);
    listener(this.status);
    return () => this.listeners.delete(listener);
  }

  private leave(participant: Participant): void {
    this.participants.delete(participant);
    if (this.participants.size) return;
    clearTimeout(this.timer);
    // Somebody who leaves one page for the next comes back at once.
    this.timer = setTimeout(() => this.close("offline"), LINGER_MS);
  }

  private hurry(): void {
    if (!this.participants.size || this.web) return;
    clearTimeout(this.timer);
    this.open();
  }

  private reopen(): void {
    this.close("connecting");
    this.hurry();
  }

  private close(status: Status): void {
    const web = this.web;
    this.web = null;
    this.ready = false;
    clearTimeout(this.quiet);
    web?.close();
    this.setStatus(status);
  }

  private open(): void {
    this.setStatus("connecting");
    const web = new this.WebSocket(this.url, [PROTOCOL]);
    this.web = web;
    this.watch();
    web.onmessage = (event: MessageEvent) => {
      if (this.web === web) this.receive(JSON.parse(String(event.data)) as Frame);
    };
    web.onclose = (event: CloseEvent) => {
      if (this.web === web) this.lost(event.code, event.reason);
    };
  }

  private receive(frame: Frame): void {
    this.watch();
    if (frame.type === "hello") this.greeted(frame);
    else if (frame.type === "authenticated") this.opened(frame);
    else for (const participant of [...this.participants]) participant.heard(frame);
  }

  private greeted(hello: Frame): void {
    const token = this.session.token();
    if (token === null) this.opened(hello);
    else this.web?.send(JSON.stringify({ type: "auth", token }));
  }

  private opened(frame: Frame): void {
    const user = frame["user"] as { id: string } | null;
    const identity = user?.id ?? null;
    const resumed = this.identity === identity;
    this.identity = identity;
    this.ready = true;
    this.attempts = 0;
    this.setStatus("live");
    for (const participant of [...this.participants]) participant.opened(resumed);
  }

  private lost(code: number, reason: string): void {
    this.close("connecting");
    if (code === SIGN_IN) this.session.ended(this.session.token());
    if (FINAL.has(code)) {
      this.setStatus("offline");
      const error = closedError(code, reason);
      for (const participant of [...this.participants]) participant.failed(error);
      return;
    }
    if (!this.participants.size) return this.setStatus("offline");
    this.timer = setTimeout(() => this.hurry(), backoffMs(this.attempts++));
  }

  /** Notice a connection that died without saying so: ask after some quiet, give up when nothing answers. */
  private watch(): void {
    clearTimeout(this.quiet);
    const web = this.web;
    this.quiet = setTimeout(
      () => {
        if (this.ready) web?.send('{"type":"ping"}');
        this.quiet = setTimeout(() => {
          if (this.web === web) this.lost(1006, "");
        }, ANSWER_MS);
      },
      this.ready ? QUIET_MS : 0,
    );
  }

  private setStatus(status: Status): void {
    if (status === this.status) return;
    this.status = status;
    for (const listener of [...this.listeners]) listener(status);
  }
}

function closedError(code: number, reason: string): BackpackError {
  const gone = code === 4403;
  const problem: Problem = {
    status: 0,
    code: gone ? "tenant_not_found" : "invalid_request",
    title: "The realtime connection was closed",
    detail: reason || `The server closed the connection with ${code}.`,
    hint: gone ? "The backend is gone or does not accept this page." : "This SDK may be older than the server.",
  };
  return new BackpackError(problem);
}
