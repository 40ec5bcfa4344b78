import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { WebhookFormat } from '@sluice/proto/scheduling/v1/notification_service';
import { postWebhook } from './webhook.js';
import { WebhookHosts } from './webhook-hosts.js';

const verdict = (setting: string, url: string): string => {
  try {
    new WebhookHosts(setting).check(url);
    return 'taken';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('where webhooks may be posted to', () => {
  test.each([
    ['public', 'https://93.184.216.34/hook', true],
    ['public', 'https://hooks.example.com/hook', true], // looked up when it is posted to
    ['public', 'http://127.0.0.1:8002/', false],
    ['public', 'http://2130706433/', false], // 127.0.0.1 as one number
    ['public', 'http://0x7f.1/', false],
    ['public', 'http://0.0.0.0/', false],
    ['public', 'http://169.254.169.254/latest/meta-data', false],
    ['public', 'http://10.1.2.3/', false],
    ['public', 'http://172.31.255.255/', false],
    ['public', 'http://192.168.0.1/', false],
    ['public', 'http://100.64.0.1/', false],
    ['public', 'http://[::1]/', false],
    ['public', 'http://[::ffff:127.0.0.1]/', false],
    ['public', 'http://[64:ff9b::7f00:1]/', false],
    ['public', 'http://[fe80::1]/', false],
    ['public', 'http://[fd00::1]/', false],
    ['public', 'http://[2606:4700::1111]/', true],
    ['public, 10.1.0.0/16', 'http://10.1.2.3/', true],
    ['public, 10.1.0.0/16', 'http://10.2.2.3/', false],
    ['10.1.2.3', 'http://10.1.2.3:9000/', true],
    ['10.1.2.3', 'http://93.184.216.34/', false],
    ['hooks.corp', 'http://hooks.corp/', true],
    ['hooks.corp', 'http://HOOKS.corp./', true],
    ['hooks.corp', 'http://other.corp/', false],
    ['*.corp', 'http://a.b.corp/', true],
    ['*.corp', 'http://corp/', false],
    ['*.corp', 'http://evilcorp/', false],
    ['*', 'http://127.0.0.1/', true],
  ])('%s: %s is taken: %s', (setting, url, isTaken) => {
    const said = verdict(setting, url);
    if (isTaken) expect(said).toBe('taken');
    else expect(said).toMatch(/may not be posted to '.*scheduling\.webhookHosts/);
  });

  let server: Server | undefined;
  afterEach(() => new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve()))));

  test('a name that leads to this machine is refused when it is looked up, and nothing is sent', async () => {
    let calls = 0;
    server = createServer((_request, response) => {
      calls += 1;
      response.writeHead(204).end();
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const url = `http://localhost:${(server.address() as AddressInfo).port}/`;
    const channel = { url, format: WebhookFormat.WEBHOOK_FORMAT_SLACK, secret: '' };
    const delivery = { id: 'n1', event: 'TEST', facts: undefined, title: 't', text: 'a text' } as const;
    await expect(postWebhook(channel, delivery, new WebhookHosts('public'))).rejects.toMatchObject({
      reason: 'NOTIFICATION_REFUSED',
      message: expect.stringMatching(/'localhost' \(.*(127\.0\.0\.1|::1).*scheduling\.webhookHosts/),
    });
    expect(calls).toBe(0);
    await postWebhook(channel, delivery, new WebhookHosts('localhost'));
    await postWebhook(channel, delivery, new WebhookHosts('127.0.0.0/8, ::1'));
    expect(calls).toBe(2);
  });
});
