import { readFileSync } from 'node:fs';
import { SluiceError, type Platform } from '@sluice/chassis';
import { inject, injectable } from 'tsyringe';
import { mountApi } from './api/api.routes.js';
import type { Contract } from './contract/contract.js';
import type { Dialect } from './dialect.js';
import { Health } from './health/health.js';
import { mountHealth } from './health/health.routes.js';
import { IdleConnections } from './http/connections.js';
import { mountDialect } from './http/dialects.js';
import { checkListenAddress } from './http/guard.js';
import { openHttpMetrics } from './http/metrics.js';
import { close, createServer, listen, type HttpServer } from './http/server.js';
import { mountHooks } from './hooks/hook.routes.js';
import { mountUnknown } from './http/unknown.js';
import { mountOpenApi } from './openapi/openapi.routes.js';
import { mountAssets } from './pages/assets.js';
import { mountPages, sendNoPage } from './pages/pages.routes.js';
import { PlatformReader } from './pages/platform-reader.js';
import { mountUploads } from './plugins/upload.routes.js';
import { mountSdk } from './sdk/sdk.routes.js';
import { CONTRACT, PLATFORM, SERVED_DIALECTS } from './tokens.js';

/** The version of Sluice, as its packages have it. */
export const VERSION = readVersion();

/** The HTTP edge: one port with the JSON API, its documents, the pages for people and the dialects. */
@injectable()
export class Gateway {
  readonly #closing = new AbortController();
  #server: HttpServer | undefined;
  #idle: IdleConnections | undefined;

  constructor(
    @inject(PLATFORM) private readonly platform: Platform,
    @inject(CONTRACT) private readonly contract: Contract,
    @inject(SERVED_DIALECTS) private readonly dialects: readonly Dialect[],
    @inject(Health) private readonly health: Health,
    @inject(PlatformReader) private readonly reader: PlatformReader,
  ) {}

  /**
   * Opens the port and gives its address, such as `http://127.0.0.1:8002`.
   *
   * @throws START_FAILED when the port is taken, or when it would be open to other machines.
   */
  async open(): Promise<string> {
    const { config, log, clients, metrics } = this.platform;
    checkListenAddress(config.http.host);
    const { contract, health, reader } = this;
    const { signal: closing } = this.#closing;
    const server = await createServer(log, openHttpMetrics(metrics));
    this.#server = server;
    this.#idle = new IdleConnections(server.server);
    mountApi(server, { contract, clients, maxMessageBytes: config.rpc.maxMessageBytes, closing });
    mountOpenApi(server, contract, VERSION);
    mountHealth(server, health, metrics);
    mountUploads(server, clients, config.plugins.maxBytes, closing);
    mountHooks(server, clients, closing);
    mountSdk(server);
    mountAssets(server);
    await mountPages(server, { reader, health, version: VERSION, closing });
    for (const dialect of this.dialects) {
      await mountDialect(server, dialect, { clients, config, log, version: VERSION }, closing);
    }
    const templates = contract.methods.flatMap(({ bindings }) => bindings.map(({ template }) => template));
    const foreign = this.dialects.find(({ unknown }) => unknown !== undefined)?.unknown;
    mountUnknown(server, templates, foreign, (request, reply) => sendNoPage(request, reply, VERSION));
    return listen(server, config.http.host, config.http.port);
  }

  /** Ends what streams, so that nothing holds the services open that are to close. */
  endStreams(): void {
    this.#closing.abort(new SluiceError('SERVICE_UNAVAILABLE', 'the gateway closes; call again when it is back'));
  }

  async close(): Promise<void> {
    this.endStreams();
    if (this.#server !== undefined && this.#idle !== undefined) await close(this.#server, this.#idle);
  }
}

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return manifest.version;
}
