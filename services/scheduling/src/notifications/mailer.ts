import { SluiceError } from '@sluice/chassis';
import type { Transporter } from 'nodemailer';
import type { Delivery } from './delivery.js';

/** How long each step of talking to the mail server may take. */
const TIMEOUT_MS = 10_000;

/** Sends e-mail over one server. It connects for each message, as there are few. */
export class Mailer {
  #transport: Promise<Transporter> | undefined;

  /**
   * @param url the server, as smtp://user:password@host:port or smtps://...; empty for none
   * @param from the address that mails come from
   */
  constructor(
    private readonly url: string,
    private readonly from: string,
  ) {}

  /** Sends a notification; rejects with NOTIFICATION_REFUSED unless the server took it for every recipient. */
  async send(recipients: readonly string[], { id, title, text }: Delivery): Promise<void> {
    if (this.url === '' || this.from === '') {
      throw new SluiceError(
        'NOTIFICATION_REFUSED',
        'no mail server is set; set scheduling.mailUrl and scheduling.mailFrom',
      );
    }
    const transport = await (this.#transport ??= this.open());
    let rejected: readonly unknown[];
    try {
      const to = [...recipients];
      // A title comes from people: a line break in it would begin a header of their own.
      const subject = title.replace(/[\r\n]+/g, ' ');
      const messageId = `<${id}@sluice>`;
      ({ rejected = [] } = await transport.sendMail({ from: this.from, to, subject, text, messageId }));
    } catch (error) {
      const message = `the mail server did not take it: ${error instanceof Error ? error.message : String(error)}`;
      throw new SluiceError('NOTIFICATION_REFUSED', message, { cause: error });
    }
    if (rejected.length === 0) return;
    throw new SluiceError('NOTIFICATION_REFUSED', `the mail server refused ${rejected.map(String).join(', ')}`);
  }

  private async open(): Promise<Transporter> {
    const { createTransport } = await import('nodemailer');
    return createTransport({
      url: this.url,
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    }) as Transporter;
  }
}
