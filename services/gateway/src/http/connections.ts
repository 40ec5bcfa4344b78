import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * The connections on which no request is under way. Node closes those that have served one; browsers and clients open
 * some in advance, which would hold up the end of the process.
 */
export class IdleConnections {
  readonly #idle = new Set<Socket>();

  constructor(server: Server) {
    server.on('connection', (socket) => {
      this.#idle.add(socket);
      socket.once('close', () => this.#idle.delete(socket));
    });
    server.on('request', ({ socket }, response) => {
      this.#idle.delete(socket);
      response.once('close', () => {
        if (!socket.destroyed) this.#idle.add(socket);
      });
    });
  }

  close(): void {
    for (const socket of this.#idle) socket.destroy();
  }
}
