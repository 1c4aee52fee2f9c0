import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** A server that misbehaves on purpose, for what a real one cannot be made to do; stopped when the work is done. */
export async function withServer(answer: RequestListener, work: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
