import { readFileSync } from 'node:fs';
import type { HttpServer } from '../http/server.js';

const FILES = {
  'page.css': 'text/css; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
} as const;

/** Serves the files that pages load. Pages name them with the version, so that they may be kept for long. */
export function mountAssets(server: HttpServer): void {
  for (const [name, type] of Object.entries(FILES)) {
    const content = readFileSync(new URL(`../../assets/${name}`, import.meta.url), 'utf8');
    server.get(`/assets/${name}`, (_request, reply) =>
      reply.type(type).header('cache-control', 'public, max-age=3600').send(content),
    );
  }
}
