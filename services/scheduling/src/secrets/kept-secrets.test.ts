import { createHmac, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Vault } from '@sluice/chassis';
import {
  DATABASE_KINDS,
  freshDatabase,
  hasDatabase,
  migrate,
  type FreshDatabase,
  type OpenDatabase,
} from '@sluice/chassis/testing';
import { NotificationTarget } from '@sluice/proto/scheduling/v1/notification_service';
import { ScheduleSpec } from '@sluice/proto/scheduling/v1/schedule';
import { opensHook } from '../events/hook-secret.js';
import { migrations } from '../migrations/index.js';
import { TargetStore } from '../notifications/target.store.js';
import { keptKeyIds, sealKept } from './kept-secrets.js';

const SECRET = 'a long secret';
const ROW = {
  version: 1,
  state: 'ACTIVE',
  state_reason: '',
  name: 'push',
  project: '',
  kind: 'event',
  target_type: 'flow',
  target_reference: 'f',
  pool: '',
  created_ms: 1,
  updated_ms: 1,
  warning: '',
  request_digest: '',
  calendars: '',
};

describe.each(DATABASE_KINDS.map((kind) => ({ kind })))(
  'secrets that an older build kept readable on $kind',
  ({ kind }) => {
    describe.skipIf(!hasDatabase(kind))('when it is there', () => {
      let fresh: FreshDatabase;
      let database: OpenDatabase;
      const [old, present] = [randomBytes(32), randomBytes(32)];

      beforeEach(async () => {
        fresh = await freshDatabase(kind);
        database = await fresh.open();
        await migrate(database, [{ name: 'scheduling', migrations }]);
        const source = { $case: 'hook', value: { secret: `plain:${SECRET}`, signed: true } };
        const hook = ScheduleSpec.fromPartial({
          name: 'push',
          trigger: { $case: 'event', value: { source } },
        } as object);
        const spec = JSON.stringify(ScheduleSpec.toJSON(hook));
        const subject = JSON.stringify({ name: 's', trigger: 1, event: { subject: 'a.b' } });
        await database.knex('scheduling_schedules').insert([
          { ...ROW, id: 'signed', spec },
          { ...ROW, id: 'subject', spec: subject },
        ]);
        const change = { at_ms: 1, kind: 'created', reason: '', spec };
        await database.knex('scheduling_changes').insert([
          { ...change, schedule_id: 'signed', version: 1 },
          { ...change, schedule_id: 'gone', version: 4 },
        ]);
        const channel = { $case: 'webhook', value: { url: 'http://127.0.0.1/', secret: SECRET } };
        const target = NotificationTarget.fromPartial({ id: 'ops', name: 'ops', channel } as object);
        const mail = NotificationTarget.fromPartial({
          id: 'mail',
          channel: { $case: 'email', value: { recipients: ['a@b'] } },
        });
        await database.knex('scheduling_notification_targets').insert(
          [target, mail].map((each) => {
            return { id: each.id, version: 1, created_ms: 1, body: JSON.stringify(NotificationTarget.toJSON(each)) };
          }),
        );
      });
      afterEach(() => fresh.drop());

      const cells = async (): Promise<string> => {
        const tables = ['schedules', 'changes', 'notification_targets'];
        return JSON.stringify(await Promise.all(tables.map((table) => database.knex(`scheduling_${table}`))));
      };
      const opens = async (vault: Vault): Promise<boolean> => {
        const row = (await database.knex('scheduling_schedules').where({ id: 'signed' }).first('spec')) as {
          spec: string;
        };
        const body = Buffer.from('{}');
        const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
        const spec = ScheduleSpec.fromJSON(JSON.parse(row.spec));
        return opensHook(spec, { secret: '', signature, body }, 'signed', vault);
      };
      const targetSecret = async (vault: Vault): Promise<unknown> => {
        const { channel } = await new TargetStore(database, vault).get('ops');
        return channel?.$case === 'webhook' ? channel.value.secret : undefined;
      };

      test('are sealed at the next start, wherever they stand, and work as before', async () => {
        expect(await cells()).toContain(SECRET);
        expect(await keptKeyIds(database)).toEqual([]);
        const vault = new Vault([old]);
        expect(await sealKept(database, vault)).toBe(2);
        expect(await cells()).not.toContain(SECRET);
        expect(await opens(vault)).toBe(true);
        expect(await targetSecret(vault)).toBe(SECRET);
        expect(await keptKeyIds(database)).toEqual([vault.keyId]);
        expect(await sealKept(database, vault)).toBe(0);
      });

      test('are put under a new master key, after which the old one is not needed', async () => {
        await sealKept(database, new Vault([old]));
        expect(await sealKept(database, new Vault([present, old]))).toBe(2);
        const vault = new Vault([present]);
        expect(await keptKeyIds(database)).toEqual([vault.keyId]);
        expect(await opens(vault)).toBe(true);
        expect(await targetSecret(vault)).toBe(SECRET);
        await expect(opens(new Vault([old]))).rejects.toMatchObject({ reason: 'SECRET_UNREADABLE' });
      });
    });
  },
);
