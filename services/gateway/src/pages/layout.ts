import { html, type Html, type Part } from './html.js';
import type { Words } from './words.js';

/** What a page is, around its content. */
export interface Page {
  readonly words: Words;
  readonly title: string;
  readonly version: string;
  /** The path of this page, for the link to the other language. */
  readonly path: string;
  readonly content: Part;
  /** How often the page's live parts are fetched again, in milliseconds; 0 for never. */
  readonly refreshMs?: number;
}

/** A whole page. */
export function renderPage({ words, title, version, path, content, refreshMs = 0 }: Page): string {
  const other = words.lang === 'zh' ? 'en' : 'zh';
  const page: Html = html`<!doctype html>
    <html lang="${words.lang}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="icon" href="/assets/icon.svg?v=${version}" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/page.css?v=${version}" />
        <script src="/assets/page.js?v=${version}" defer></script>
      </head>
      <body>
        <header>
          <a class="brand" href="/"><img src="/assets/icon.svg?v=${version}" alt="" width="28" height="28" />Sluice</a>
          <nav>
            <a href="/schedules">${words.schedules}</a>
            <a href="/stops">${words.stopTypesTitle}</a>
            <a href="/api/docs">${words.apiDocs}</a>
            <a href="${path}?lang=${other}" hreflang="${other}">${words.otherLanguage}</a>
          </nav>
        </header>
        <p id="offline" class="notice" role="status" hidden>${words.offline}</p>
        <main data-refresh="${refreshMs}">${content}</main>
        <footer>Sluice ${version}</footer>
      </body>
    </html> `;
  return page.text;
}

/** A page that says that something is not there or went wrong. */
export function renderMessage(page: Omit<Page, 'content' | 'title'>, title: string, message: string): string {
  const content = html`<h1>${title}</h1>
    <p>${message}</p>
    <p><a href="/">${page.words.home}</a></p>`;
  return renderPage({ ...page, title: `${title} · Sluice`, content });
}
