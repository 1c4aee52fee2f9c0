import { hasEnded } from "../lib/operation";
import type { Operation } from "./types";

/**
 * Listens to an operation by a WebSocket until it has ended: the answer is how. Fails when there is no connection, or
 * none any more, and when nobody wants to know.
 */
export function followOperation(
  path: string,
  onNews: (news: Operation) => void,
  signal: AbortSignal,
): Promise<Operation> {
  return new Promise((resolve, reject) => {
    const url = new URL(path, window.location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    const lines = new Map<number, Operation["lines"][number]>();

    signal.addEventListener("abort", () => socket.close());
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      if (signal.aborted) return;
      const told = JSON.parse(data) as Operation;
      // Each line is told once.
      for (const line of told.lines) lines.set(line[0], line);
      const news = { ...told, lines: [...lines.values()] };
      if (hasEnded(news)) resolve(news);
      else onNews(news);
    };
    socket.onclose = () => reject(new Error("The connection is closed."));
  });
}
