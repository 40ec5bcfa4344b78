import type { Handlers, RpcServer } from '@sluice/chassis';
import { CronServiceService } from '@sluice/proto/scheduling/v1/cron_service';
import { CronGrammar } from '@sluice/proto/scheduling/v1/schedule';
import { explainCron, showMoment } from './index.js';

/** Mounts CronService. */
export function mountCron(server: RpcServer): void {
  const handlers: Handlers<typeof CronServiceService> = {
    explainCron(request) {
      const { english, chinese, zone, next } = explainCron({
        expression: request.expression,
        grammar: request.grammar === CronGrammar.CRON_GRAMMAR_UNIX ? 'unix' : 'quartz',
        zone: request.zone === '' ? undefined : request.zone,
        from: request.from,
        count: request.count === 0 ? undefined : request.count,
      });
      const local = next.map((time) => showMoment(time, zone));
      return Promise.resolve({ english, chinese, zone: zone.id, next: [...next], local });
    },
  };
  server.add(CronServiceService, handlers);
}
